import assert from "node:assert/strict";
import { Process } from "espalier";
import { section, type Section } from "../rule.ts";

export const processes: Section = section(import.meta.url, (rule) => {
  rule(
    "R-103",
    "an explicit kill cannot be trapped, and is seen as killed",
    { everyOrder: true },
    function* kill(self) {
      const { pid } = yield* Process.spawnMonitor(function* stubborn(own) {
        yield* Process.trapExit(true);
        for (;;) yield* own.receive();
      });
      yield* Process.exit(pid, { type: "kill" });
      const down = yield* self.receive();
      assert.equal(down.cause.type, "killed");
    },
  );
});

export const { scenarios }: Section = processes;

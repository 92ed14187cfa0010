import assert from "node:assert/strict";
import { Process, type Self } from "espalier";
import { section, type Section } from "../rule.ts";

/** Waits for whatever comes, under the name `idle`. */
function* idle(self: Self<unknown>) {
  for (;;) yield* self.receive();
}

function* bootIdle() {
  yield* Process.register("idle", yield* Process.spawn(idle));
}

export const links: Section = section(import.meta.url, (rule) => {
  rule(
    "R-205",
    "when the connection is lost a link across it is an exit signal noconnection",
    {
      nodes: ["b"],
      boot: bootIdle,
      faults: [{ type: "crash", node: "b", atMs: 0, after: { mark: "linked" }, lastsMs: 300, wipe: false }],
    },
    function* lost(self, stage) {
      const pid = yield* Process.whereisAt(stage.ref("b"), "idle");
      assert(pid !== undefined);
      yield* Process.trapExit(true);
      yield* Process.link(pid);
      stage.mark("linked");
      const exit = yield* self.receive();
      assert.equal(exit.cause.type, "noconnection");
    },
  );
});

export const { scenarios }: Section = links;

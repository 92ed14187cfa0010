import type { LocalGenerator } from "@espalier/heartbeat";
import { Process, type Self } from "@espalier/runtime";
import { Supervisor } from "@espalier/supervisor";
import { expect, it } from "vitest";
import { Bench, settle } from "./bench.ts";

it("a plain child has its name before anything of it runs, wherever its supervisor is interrupted (R-605)", async () => {
  const bench = await Bench.start();
  const nameless: string[] = [];
  function* named(self: Self<any>, name: string): LocalGenerator<void> {
    if ((yield* Process.whereis(name))?.equals(self.pid) !== true) nameless.push(name);
  }
  // Its turn is over after a thousand operations: with one lead or another that is in the middle of a start, however many operations that takes.
  await bench.run(function* () {
    for (let lead = 0; lead < 5; lead += 1) {
      const specs = Array.from({ length: 210 + lead }, (_, index) => {
        const name = `${lead}.${index}`;
        return Supervisor.worker(name, named, [name], { restart: "temporary", ...(index < lead ? {} : { name }) });
      });
      yield* Supervisor.start(Supervisor.define({ children: specs }));
    }
    yield* settle();
  });
  expect(nameless.filter((name) => Number(name.split(".")[1]) >= Number(name.split(".")[0]))).toEqual([]);
});

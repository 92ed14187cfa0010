import type { LocalGenerator } from "@espalier/heartbeat";
import { Process, type Self } from "@espalier/runtime";
import { Supervisor } from "@espalier/supervisor";
import { expect, test } from "vitest";
import { Bench } from "./bench.ts";

function* fragile(self: Self<"crash">): LocalGenerator<void> {
  yield* self.ready();
  yield* self.receive();
  throw new Error("told to");
}

test("the overview has supervisors that restarted something within their window, and no others", async () => {
  const bench = await Bench.start();
  const shop = Supervisor.define({
    intensity: { restarts: 3, within: "5s" },
    children: [Supervisor.worker("counter", fragile, [], { name: "counter" })],
  });
  await bench.begin(function* () {
    yield* Supervisor.startLink(shop, undefined);
    yield* Process.sleep("1h");
  });
  await bench.watch(1);
  expect(bench.observer.overview().restarting).toEqual([]);
  await bench.begin(function* () {
    const counter = bench.node.inspect().processes.find(({ label }) => label === "fragile");
    if (counter !== undefined) yield* Process.send(counter.pid as never, "crash" as never);
  });
  const restarting: boolean[] = [];
  await bench.watch(8, async () => void restarting.push(bench.observer.overview().restarting.length > 0));
  const { restarting: after, restarts, upMs } = bench.observer.overview();
  expect([restarting.slice(1, 5), after, restarts]).toEqual([[true, true, true, true], [], 1]);
  expect(upMs).toBe(bench.host.clock.monotonic() - bench.node.kernel.startedMs);
});

test("a process is stuck that has waited for a second while messages wait for it, and not one that works them off", async () => {
  const bench = await Bench.start();
  await bench.begin(function* () {
    const waiter = yield* Process.spawn(function* waiter(self: Self<string>) {
      yield* self.receive({ match: (message) => message === "never" });
    });
    yield* Process.send(waiter, "one");
  });
  const stuck: number[] = [];
  const look = (): void => {
    bench.observer.sample();
    stuck.push(bench.observer.overview().stuck.length);
  };
  look();
  bench.host.advance(900);
  look();
  bench.host.advance(200);
  look();
  expect(stuck).toEqual([0, 0, 1]);
});

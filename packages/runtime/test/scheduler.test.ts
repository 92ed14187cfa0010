import type { LocalGenerator } from "@espalier/heartbeat";
import { Node, Process, type Self } from "@espalier/runtime";
import { expect, test } from "vitest";
import { attempt, bench } from "./helpers.ts";

/** Performs operations that finish at once, many times. */
function* spin(count: number, each: () => void = () => {}): LocalGenerator<void> {
  for (let done = 0; done < count; done += 1) {
    yield* Process.whereis("nobody");
    each();
  }
}

test("a process that never waits lets the others have their turn, in equal shares (S11)", async () => {
  const { run } = await bench();
  const counts = [0, 0, 0];
  let gap = 0;
  await run(function* () {
    for (const index of counts.keys()) {
      yield* Process.spawn(() =>
        spin(50_000, () => {
          counts[index] = (counts[index] as number) + 1;
          gap = Math.max(gap, Math.max(...counts) - Math.min(...counts));
        }),
      );
    }
    while (Math.max(...counts) < 50_000) yield* Process.whereis("nobody");
  });
  // One slice.
  expect(gap).toBe(1000);
});

test("shares are by operations, whether they suspend or not (S11)", async () => {
  const { run } = await bench();
  const turns = { talker: 0, looker: 0 };
  const ratio = await run(function* () {
    yield* Process.spawn(function* talker(self: Self<number>) {
      for (let done = 0; done < 25_000; done += 1) {
        yield* Process.send(self.pid, 1);
        yield* self.receive();
        turns.talker += 2;
      }
    });
    yield* Process.spawn(() => spin(50_000, () => void (turns.looker += 1)));
    while (turns.looker < 25_000) yield* Process.whereis("nobody");
    return turns.talker / turns.looker;
  });
  expect(ratio).toBeGreaterThan(0.9);
  expect(ratio).toBeLessThan(1.1);
});

test("two nodes in one OS process share the loop", async () => {
  const { run, host } = await bench();
  const other = await host.wait(Node.start({ host }));
  let theirs = 0;
  const spinning = other.run(() => spin(100_000, () => void (theirs += 1)));
  const seen = await run(function* () {
    yield* spin(50_000);
    return theirs;
  });
  expect(seen).toBeGreaterThan(30_000);
  expect(seen).toBeLessThan(70_000);
  await host.wait(spinning);
});

test("a node that computes gives the loop its turn in between", async () => {
  const { node, host } = await bench();
  const spinning = node.run(() => spin(100_000));
  let turns = 0;
  const count = (): void => {
    turns += 1;
    if (turns < 100) host.loop.soon(count);
  };
  host.loop.soon(count);
  let turnsWhileSpinning = 0;
  void spinning.then(() => (turnsWhileSpinning = turns));
  await host.wait(spinning);
  await host.settle();
  // 8,000 operations a turn.
  expect(turnsWhileSpinning).toBeGreaterThanOrEqual(12);
});

test("a handler that is put into the table is used, for the most frequent operations too", async () => {
  const { run, node } = await bench();
  for (const type of ["process.send", "process.receive", "process.whereis"]) {
    node.kernel.handlers.set(type, () => {
      throw new RangeError(`${type} is withheld`);
    });
  }
  const errors = await run(function* (self: Self<number>) {
    return [
      yield* attempt(Process.send(self.pid, 1)),
      yield* attempt(self.receive()),
      yield* attempt(Process.whereis("nobody")),
    ];
  });
  expect(errors.map((error) => (error as Error).message)).toEqual([
    "process.send is withheld",
    "process.receive is withheld",
    "process.whereis is withheld",
  ]);
});

test("100,000 processes come and go, and nothing is left of them (S12)", async () => {
  const { run, node, host } = await bench();
  await run(function* (self: Self<Process.Exit>) {
    yield* Process.trapExit(true);
    for (let count = 0; count < 100_000; count += 1) {
      yield* Process.spawnLink(function* (child: Self<number>) {
        yield* Process.send(child.pid, 1);
        yield* child.receive({ within: "1h" });
      });
      if (count % 1000 === 999) for (let exits = 0; exits < 1000; exits += 1) yield* self.receive();
    }
  });
  expect(node.inspect()).toMatchObject({ processes: [], runnable: 0, timers: 0, deadLetters: 0 });
  expect(host.timers).toBe(0);
});

test("errors thrown in a process keep their stack; those that it is woken with name its own line", async () => {
  const { run } = await bench();
  const error = (await run(function* waitsInVain(self: Self<number>) {
    yield* helper(self);
  }).catch((thrown: unknown) => thrown)) as Error;
  expect(error.stack).toContain("at helper");
  expect(error.stack).toContain("scheduler.test.ts");
});

function* helper(self: Self<number>): LocalGenerator<number> {
  return yield* self.receive({ within: "1s" });
}

import type { Operation } from "@espalier/heartbeat";
import { fn, Process, remote, Remote, type LocalGenerator, type Pid, type Self } from "espalier";
import type { Places, Program } from "../program.ts";

/** Nobody else's business. */
const factor = 3;

export const quote: (age: number, log: Pid<string>) => Operation<number> = remote.private(
  "programs-quote",
  function* (age: number, log: Pid<string>): LocalGenerator<number> {
    yield* Process.send(log, `quote: ${age}`);
    if (age < 0) throw new RangeError("not born");
    yield* Process.sleep(3);
    return age * factor;
  },
);

const sum = fn((xs: readonly number[]) => xs.reduce((a, b) => a + b, 0));

const premium = remote({ quote, sum }, function* (ages: readonly number[], log: Pid<string>) {
  const quotes: number[] = [];
  for (const age of ages) quotes.push(yield* quote(age, log));
  return sum(quotes);
});

export const privates: readonly Program[] = [
  {
    name: "calls a private function from everywhere",
    body: remote({ quote }, function* (_self: Self, { alice, bob, log }: Places) {
      const first = yield* quote(10, log);
      yield* Remote.transfer(alice);
      const second = yield* quote(20, log);
      yield* Remote.transfer(bob);
      return [first, second];
    }),
    expected: [30, 60],
    effects: ["quote: 10", "quote: 20"],
    transfers: 3,
  },
  {
    name: "a private function as a dependency of a dependency, and as a value; its errors",
    body: remote({ premium, quote }, function* (_self: Self, { alice, bob, log }: Places) {
      const table = { ask: quote };
      yield* Remote.transfer(alice);
      const total = yield* premium([1, 2], log);
      yield* Remote.transfer(bob);
      let failed = "";
      try {
        yield* table.ask(-1, log);
      } catch (error) {
        failed = (error as Error).message;
      }
      return [total, failed.includes("not born")];
    }),
    expected: [9, true],
    effects: ["quote: 1", "quote: 2", "quote: -1"],
    transfers: 5,
  },
];

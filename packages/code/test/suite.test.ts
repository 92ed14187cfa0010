import { describe, expect, it } from "vitest";
import { fn, remote } from "../src/index.ts";
import { fork, here, log, run, transfer } from "./machines.ts";

// The programs of the study that chose this design: each runs on three machines with stores of their own.

describe("programs that move", () => {
  it("01 sorts on alice and sums on bob", () => {
    const sort = fn((xs: readonly number[]) => [...xs].sort((a, b) => a - b));
    const sum = fn((xs: readonly number[]) => xs.reduce((a, b) => a + b, 0));
    const main = remote({ sort, sum }, function* (alice: string, bob: string) {
      const xs = [92, 3, 145, 9, 2, 64];
      yield* transfer(alice);
      const sorted = sort(xs);
      yield* log(`first=${sorted[0]}`);
      yield* transfer(bob);
      return [sum(sorted), yield* here()];
    });
    expect(run(main("alice", "bob"))).toEqual({
      value: [315, "bob"],
      hops: ["alice", "bob"],
      logs: ["alice:first=2"],
      sent: [3, 3],
    });
  });

  it("02 hops in a while loop", () => {
    const main = remote(function* (a: string, b: string, n: number) {
      let i = 0;
      const seen: string[] = [];
      while (i < n) {
        yield* transfer(i % 2 ? b : a);
        seen.push(yield* here());
        i++;
      }
      return seen.join();
    });
    expect(run(main("alice", "bob", 5)).value).toBe("alice,bob,alice,bob,alice");
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rounded, shortened, simplerFaults, snapped } from "../../src/campaign/simpler.ts";
import { shrink } from "../../src/campaign/shrink.ts";
import type { Fault, Json, Plan, PlannedOp } from "../../src/index.ts";

const nodes = ["a", "b", "c"];
const atMs = fc.double({ min: 0, max: 60_000, noNaN: true });
const node = fc.constantFrom(...nodes);
const fault: fc.Arbitrary<Fault> = fc.oneof(
  fc.record({ atMs, type: fc.constant("crash" as const), node, lastsMs: fc.integer({ min: 1, max: 30_000 }) }),
  fc.record({ atMs, type: fc.constant("pause" as const), node, lastsMs: fc.integer({ min: 1, max: 30_000 }) }),
  fc.record({ atMs, type: fc.constant("cut" as const), between: fc.constant(["a", "b"] as const) }),
);
const op = (n: number): fc.Arbitrary<PlannedOp> =>
  fc.record({
    op: fc.constantFrom("read", "write"),
    n: fc.constant(n),
    atMs,
    node,
    args: fc.integer({ min: 0, max: 1_000 }),
  });
const ops = fc
  .integer({ min: 0, max: 30 })
  .chain((count) => fc.tuple(...Array.from({ length: count }, (_, n) => op(n + 1))));
const deviations = fc.array(fc.tuple(fc.nat(5_000), fc.integer({ min: 1, max: 5 })), { maxLength: 12 });

const plan: fc.Arbitrary<Plan> = fc.record({
  seed: fc.nat(),
  faults: fc.array(fault, { maxLength: 12 }),
  ops,
  schedule: fc.oneof(
    fc.constant({ type: "fifo" as const }),
    deviations.map((deviations) => ({ type: "listed" as const, deviations })),
  ),
});

/** A plan, and which of its parts a made-up bug needs. */
const failing = plan.chain((plan) =>
  fc.record({
    plan: fc.constant(plan),
    faults: fc.subarray([...plan.faults]),
    ops: fc.subarray([...plan.ops]),
    deviations: fc.subarray(plan.schedule.type === "listed" ? [...plan.schedule.deviations] : []),
  }),
);

const deviationsOf = ({ schedule }: Plan): readonly unknown[] =>
  schedule.type === "listed" ? schedule.deviations : [];

/** Whether each of these is still there, in any words: a fault by its type, an operation by its name and number. */
const has = (kept: readonly unknown[], needed: readonly unknown[]): boolean => {
  const left = kept.map((entry) => JSON.stringify(entry));
  return needed.every((entry) => {
    const at = left.indexOf(JSON.stringify(entry));
    if (at >= 0) left.splice(at, 1);
    return at >= 0;
  });
};

const idOf = ({ op, n }: PlannedOp): string => `${op} ${n}`;

describe("shrinking a plan", { timeout: 60_000 }, () => {
  it("reaches the known minimum, and gives only what fails (S150)", async () => {
    await fc.assert(
      fc.asyncProperty(failing, async ({ plan, faults, ops, deviations }) => {
        const fails = (candidate: Plan): boolean =>
          has(
            candidate.faults.map(({ type }) => type),
            faults.map(({ type }) => type),
          ) &&
          has(candidate.ops.map(idOf), ops.map(idOf)) &&
          has(deviationsOf(candidate), deviations);
        const shrunk = await shrink(plan, {
          test: async (plan) => (fails(plan) ? plan : null),
          timeMs: Infinity,
          runsMax: 20_000,
        });
        expect(shrunk.complete).toBe(true);
        expect(fails(shrunk.plan)).toBe(true);
        expect(shrunk.plan.faults.map(({ type }) => type).toSorted()).toEqual(
          faults.map(({ type }) => type).toSorted(),
        );
        expect(shrunk.plan.ops.map(idOf)).toEqual(ops.map(idOf));
        expect(deviationsOf(shrunk.plan)).toHaveLength(deviations.length);
        if (deviations.length === 0) expect(deviationsOf(shrunk.plan)).toEqual([]);
        // Random numbers are keyed by it: another seed would be another run.
        expect(shrunk.plan.seed).toBe(plan.seed);
        // Times do not matter to this bug, so all of them are as simple as can be.
        for (const { atMs } of [...shrunk.plan.faults, ...shrunk.plan.ops])
          expect(`${atMs}`).toMatch(/^[\d.]*[1-9]?0*(e-\d+)?$/);
      }),
      { numRuns: 200 },
    );
  });

  it("gives what fails, whenever the budget ends", async () => {
    await fc.assert(
      fc.asyncProperty(failing, fc.nat(60), async ({ plan, faults, ops }, runsMax) => {
        const fails = (candidate: Plan): boolean => has(candidate.faults, faults) && has(candidate.ops, ops);
        let runs = 0;
        const shrunk = await shrink(plan, {
          runsMax,
          test: async (candidate) => {
            runs += 1;
            return fails(candidate) ? candidate : null;
          },
        });
        expect(fails(shrunk.plan)).toBe(true);
        expect(runs).toBe(shrunk.runs);
        expect(runs).toBeLessThanOrEqual(runsMax);
      }),
    );
  });

  const crash: Fault = { atMs: 1_234.567, type: "crash", node: "a", lastsMs: 8_765, wipe: true };
  const partition: Fault = {
    atMs: 2_345.678,
    type: "partition",
    links: [
      ["a", "b"],
      ["b", "a"],
      ["a", "c"],
    ],
    lastsMs: 100,
  };
  const base: Plan = { seed: 1, faults: [], ops: [], schedule: { type: "fifo" } };

  it("ends with the time, and says so", async () => {
    let now = 0;
    const shrunk = await shrink(
      { ...base, faults: [crash, partition, crash, crash] },
      { timeMs: 3, clock: () => (now += 1), test: async () => null },
    );
    expect(shrunk).toMatchObject({ complete: false, runs: 2 });
  });

  it("says faults in rounder numbers, for a shorter time, and with less in them", async () => {
    const fails = ([fault]: readonly Fault[]): boolean =>
      fault?.type === "crash" && fault.atMs >= 1_100 && fault.atMs <= 1_300 && (fault.lastsMs ?? 0) > 300;
    const shrunk = await shrink(
      { ...base, faults: [crash] },
      { test: async (plan) => (fails(plan.faults) ? plan : null) },
    );
    expect(shrunk.plan.faults).toEqual([{ atMs: 1_200, type: "crash", node: "a", lastsMs: 500 }]);
    const cuts = (faults: readonly Fault[]): boolean =>
      faults.some(
        (fault) => fault.type === "partition" && fault.links.some(([from, to]) => from === "b" && to === "a"),
      );
    const one = await shrink(
      { ...base, faults: [partition] },
      { test: async (plan) => (cuts(plan.faults) ? plan : null) },
    );
    expect(one.plan.faults).toEqual([{ atMs: 2_000, type: "partition", links: [["b", "a"]], lastsMs: 1 }]);
  });

  it("moves a fault to the operation that it has to hit, and makes arguments simpler where it is told how", async () => {
    const write: PlannedOp = { op: "write", n: 3, atMs: 1_234, node: "a", args: 900 };
    const fails = ({ faults, ops }: Plan): boolean => {
      const [fault, op] = [faults[0], ops[0]];
      return (
        op?.atMs === 1_234 && (op.args as number) >= 100 && fault !== undefined && Math.abs(fault.atMs - op.atMs) < 1
      );
    };
    const shrunk = await shrink(
      { ...base, faults: [crash], ops: [write] },
      {
        test: async (plan) => (fails(plan) ? plan : null),
        simplerArgs: ({ args }): readonly Json[] => [0, Math.floor((args as number) / 2)],
      },
    );
    expect(shrunk.plan.faults[0]?.atMs).toBe(1_234);
    expect(shrunk.plan.ops[0]).toEqual({ ...write, args: 112 });
  });

  it("goes back to the order in which things become due where no other is needed", async () => {
    const shrunk = await shrink({ ...base, schedule: { type: "random" } }, { test: async (plan) => plan });
    expect(shrunk.plan.schedule).toEqual({ type: "fifo" });
  });
});

describe("what is simpler", { timeout: 60_000 }, () => {
  it("is a number with fewer digits, a shorter time, a time of something else", () => {
    expect(rounded(1_234.5)).toEqual([1_000, 1_200, 1_230]);
    expect(rounded(1_000)).toEqual([]);
    expect(rounded(0)).toEqual([]);
    expect(rounded(0.1375)).toEqual([0.1, 0.14, 0.138]);
    expect(shortened(150)).toEqual([1, 10, 100, 80]);
    expect(shortened(1)).toEqual([]);
    expect(snapped(9, [1, 10, 100])).toEqual([10]);
    expect(snapped(10, [1, 10, 100])).toEqual([]);
    expect(snapped(10, [])).toEqual([]);
  });

  it("never changes the type of a fault, nor its nodes", () => {
    const simpler = simplerFaults({ atMs: 0, type: "cut", between: ["a", "b"] }, [5]);
    expect(simpler.flat()).toEqual([{ atMs: 5, type: "cut", between: ["a", "b"] }]);
  });
});

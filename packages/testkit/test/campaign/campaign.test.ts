import { describe, expect, it } from "vitest";
import { campaign, determinism, property, type Property, shrinkRun, simulate } from "../../src/index.ts";
import { scheduleOf } from "../../src/campaign/portfolio.ts";
import type { Seeds } from "../../src/campaign/seeds.ts";
import { signatureOf } from "../../src/campaign/signature.ts";
import { counting, idle } from "./counting.ts";

describe("a campaign", { timeout: 60_000 }, () => {
  it("is green when every run holds, and says what it has run", async () => {
    const seeds: number[] = [];
    const result = await campaign(counting(), { seeds: 60, onResult: ({ plan }) => void seeds.push(plan.seed) });
    expect(result).toMatchObject({ ok: true, runs: 60, failed: 0, doubled: 2, failures: [], shrunk: null, inert: [] });
    expect(result.text).toMatch(
      /^scenario "counting": 60 runs \(2 of them twice\), \d+ events, [\d.]+ minutes of its time: all held$/,
    );
    expect(seeds).toEqual(Array.from({ length: 60 }, (_, index) => index + 1));
  });

  it("collects failures up to a number, and makes one of them small", async () => {
    const broken = counting({ brokenMs: 200 });
    const result = await campaign(broken, { seeds: { from: 1, to: 1_000 }, failuresMax: 3 });
    expect(result).toMatchObject({ ok: false, failed: 3, nondeterministic: null });
    expect(result.failures).toHaveLength(3);
    expect(result.runs).toBeLessThan(1_000);
    // One crash, and one operation after it.
    expect(result.shrunk?.plan).toMatchObject({ faults: [{ type: "crash" }], ops: [{ op: "raise" }] });
    expect(result.shrunk?.failure?.property).toBe("settled");
    expect(result.text).toContain("the smallest run that fails like this has 1 fault and 1 operation:");
    expect(result.text).toContain(`seeds that failed: ${result.failures.map(({ plan }) => plan.seed).join(", ")}`);
    // It is a run like any other.
    const { seed, faults, ops, schedule } = result.shrunk!.plan;
    expect((await simulate(broken, { seed, faults, ops, schedule })).traceHash).toBe(result.shrunk?.traceHash);
  });

  it("is not green when a mark was never reached, or a kind of fault never changed anything", async () => {
    const marking = counting({
      sometimes: ["raised", "lowered"],
      workload: (w) => w.op("raise", ({ node }) => node.mark("raised")),
      faults: () => [idle, { atMs: 200, type: "crash", node: "a", lastsMs: 1 }],
    });
    const result = await campaign(marking, { seeds: 5 });
    expect(result).toMatchObject({ ok: false, failed: 0, unreached: ["lowered"], inert: ["stall"] });
    expect(result.text).toContain("no run reached: lowered");
    expect(result.text).toContain("tested nothing: stall");
    const named = await campaign(counting({ faults: [idle, { ...idle, atMs: 7 }] }), { seeds: 2 });
    expect(named).toMatchObject({ ok: false, failed: 0 });
    expect(named.inert).toEqual(["stall a > b for 10 ms (100 ms)", "stall a > b for 10 ms (7 ms)"]);
  });

  it("ends with the time, after one run at least", async () => {
    let now = 0;
    const result = await campaign(counting(), { seeds: 1_000, timeMs: 10, clock: () => (now += 1) });
    expect(result.runs).toBe(10);
    expect((await campaign(counting(), { seeds: 9, timeMs: 0 })).runs).toBe(1);
  });

  it("orders what may happen in any order in several ways, unless somebody says which", async () => {
    const types = (scenario: ReturnType<typeof counting>): readonly string[] =>
      Array.from({ length: 8 }, (_, index) => scheduleOf(scenario, index + 1).type);
    expect(types(counting())).toEqual(["fifo", "random", "fifo", "pct", "fifo", "delay", "fifo", "pct"]);
    expect(new Set(types(counting({ schedule: { type: "random" } })))).toEqual(new Set(["random"]));
    expect(scheduleOf(counting(), 0).type).toBe("pct");
  });

  it("refuses what are no seeds, and a world that it does not know", async () => {
    const run = (seeds: Seeds) => campaign(counting(), { seeds });
    await expect(run(0)).rejects.toThrow("seeds: expected 1 or more for the last one, got 0");
    await expect(run(1.5)).rejects.toThrow("seeds.to: expected a whole number from 0 to 9007199254740991, got 1.5");
    await expect(run([])).rejects.toThrow("seeds: expected at least one, got none");
    await expect(run([1, -1])).rejects.toThrow("seeds: expected a whole number from 0");
    await expect(run({ from: 5, to: 4 })).rejects.toThrow("seeds: expected 5 or more for the last one, got 4");
    await expect(run({ from: 1, to: 2 ** 53 })).rejects.toThrow("seeds.to: expected a whole number");
    await expect(campaign(counting(), { seeds: 1, world: "moon" as "sim" })).rejects.toThrow("world: expected");
  });
});

/** What a program must not do: it keeps something from one run to the next. */
function forgetless(
  eventually: readonly Property<any>[] = [property("held", () => null)],
): ReturnType<typeof counting> {
  let runs = 0;
  return counting({
    boot: (place) => {
      if (place.name === "b") place.tell(`booted for the ${(runs += 1)}. time`);
      return { count: 0, stored: 0 };
    },
    workload: () => {},
    faults: [],
    eventually,
  });
}

describe("determinism", { timeout: 60_000 }, () => {
  it("finds the event at which two runs of a seed part, with what both did there", async () => {
    const { ok, divergence, text, seeds } = await determinism(forgetless(), { seeds: 5 });
    expect({ ok, seeds }).toEqual({ ok: false, seeds: 1 });
    expect(divergence?.first.find((line) => line.startsWith(">"))).toMatch(/booted for the 1\. time$/);
    expect(divergence?.second.find((line) => line.startsWith(">"))).toMatch(/booted for the 2\. time$/);
    expect(text).toContain(`seed 1 does not run the same way twice: the runs part at event ${divergence?.event}`);
  });

  it("finds none in what depends on nothing else", async () => {
    const result = await determinism(counting(), { seeds: 20 });
    expect(result).toMatchObject({ ok: true, seeds: 20, divergence: null });
    expect(result.text).toMatch(/20 seeds run twice, \d+ events, no difference$/);
    let asked = 0;
    expect(await determinism(counting(), { seeds: 20, enough: () => (asked += 1) > 3 })).toMatchObject({ seeds: 3 });
  });

  it("is what a campaign looks at in a sample, and in all failures", async () => {
    const sampled = await campaign(forgetless(), { seeds: 3 });
    expect(sampled).toMatchObject({ ok: false, failed: 0, nondeterministic: { seed: 1 } });
    expect((await campaign(forgetless(), { seeds: 3, determinism: 0 })).ok).toBe(true);
    const failing = forgetless([property("no", () => "no")]);
    const failed = await campaign(failing, { seeds: [7], determinism: 0 });
    expect(failed).toMatchObject({ ok: false, failed: 1, nondeterministic: { seed: 7 }, shrunk: null });
  });
});

describe("shrinking a run", { timeout: 60_000 }, () => {
  it("does not go from one bug to another of the same property (S150)", async () => {
    // With an operation on a it says one thing; without, another.
    const two = counting({
      workload: (w) => w.op("raise", ({ node }) => void (node.app.count += node.name === "a" ? 1 : 0)),
      eventually: [
        property("settled", ({ nodes: [a] }) => (a?.seen?.count ? `too much, by ${a.seen.count}` : "nothing at all")),
      ],
      faults: [],
    });
    const failed = await simulate(two, { seed: 1 });
    expect(failed.failure?.what).toContain("too much");
    const shrunk = await shrinkRun(two, failed);
    expect(shrunk.failure?.what).toContain("too much, by 1");
    expect(shrunk.plan.ops).toHaveLength(1);
  });

  it("refuses a run that held", async () => {
    const held = await simulate(counting(), { seed: 1 });
    await expect(shrinkRun(counting(), held)).rejects.toThrow("result: expected a run that failed, got one that held");
  });
});

describe("a signature", { timeout: 60_000 }, () => {
  it.each([
    [
      "a, c have not stored their count, 1000 ms after all was healed",
      "b have not stored their count, 2e3 ms after all was healed",
    ],
    ["epoch 3 after 17", "epoch -4.5 after 9"],
    ["key Zm9vYmFyMTIz-_x was told", "key 0123abcdef was told"],
  ])("is the same for %j and %j", (one, other) => {
    const signature = (what: string): string => signatureOf({ property: "p", what }, ["a", "b", "c"]);
    expect(signature(one)).toBe(signature(other));
    expect(signature(one)).not.toBe(signatureOf({ property: "q", what: one }, ["a", "b", "c"]));
    expect(signature(`${one} twice`)).not.toBe(signature(one));
  });
});

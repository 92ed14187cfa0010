import { describe, expect, it } from "vitest";
import { type Fault, type FaultFamily, faults, KeyedRandom } from "../src/index.ts";

const nodes = ["a", "b", "c"];

const make = (family: FaultFamily, seed: number): readonly Fault[] =>
  family({ nodes, random: new KeyedRandom(seed), virtualMs: 10_000 });

const families = {
  crash: faults.crash(),
  pause: faults.pause({ lastsMaxMs: 100 }),
  partition: faults.partition(),
  stall: faults.stall(),
  cut: faults.cut({ countMax: 8 }),
};

describe("faults made from a seed", () => {
  it.each(Object.keys(families) as (keyof typeof families)[])(
    "%s: within the run, one after another, ended",
    (type) => {
      for (let seed = 0; seed < 200; seed += 1) {
        const made = make(families[type], seed);
        const times = made.map(({ atMs }) => atMs);
        expect(times).toEqual(times.toSorted((x, y) => x - y));
        expect(Math.min(...times)).toBeGreaterThanOrEqual(0);
        expect(Math.max(...times)).toBeLessThanOrEqual(10_000);
        expect(made.every((fault) => fault.type === type)).toBe(true);
        const ends = made.map((fault) => fault.atMs + ("lastsMs" in fault ? (fault.lastsMs ?? Infinity) : 0));
        expect(Math.max(...ends)).toBeLessThanOrEqual(10_000);
        for (const [index, endMs] of ends.entries()) expect(endMs).toBeLessThanOrEqual(times[index + 1] ?? Infinity);
      }
    },
  );

  it("keep to the options: how often, how long, where, and how many one way", () => {
    for (let seed = 0; seed < 100; seed += 1) {
      const [paused] = make(faults.pause({ countMax: 1, lastsMaxMs: 50, nodes: ["b"] }), seed);
      expect(paused).toMatchObject({ type: "pause", node: "b" });
      expect(paused?.type === "pause" && paused.lastsMs).toBeLessThanOrEqual(51);
      const parted = make(faults.partition({ modes: ["pair"], oneWay: seed % 2 }), seed);
      const ways = parted.map((fault) => fault.type === "partition" && fault.links.length);
      expect(new Set(ways)).toEqual(new Set([seed % 2 === 1 ? 1 : 2]));
    }
  });

  it("are left out of half of the runs of a swarm, and are otherwise those that the family makes alone", () => {
    const swarm = faults.swarm([families.crash, families.cut]);
    const runs = Array.from({ length: 400 }, (_, seed) => ({ seed, made: make(swarm, seed) }));
    for (const type of ["crash", "cut"] as const) {
      const having = runs.filter(({ made }) => made.some((fault) => fault.type === type));
      expect(Math.abs(having.length - 200)).toBeLessThan(50);
      for (const { seed, made } of having) {
        expect(made.filter((fault) => fault.type === type)).toEqual(
          make(families[type], seed).filter((fault) => fault.type === type),
        );
      }
    }
    expect(runs.some(({ made }) => made.length === 0)).toBe(true);
  });

  it("need two nodes when they are between two", () => {
    const alone = { nodes: ["a"], random: new KeyedRandom(1), virtualMs: 1_000 };
    expect(() => faults.cut()(alone)).toThrow("nodes: expected at least two for a fault between two, got 1");
  });
});

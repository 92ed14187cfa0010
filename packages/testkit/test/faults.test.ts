import { describe, expect, it } from "vitest";
import { checkFaults, describeFault } from "../src/fault/fault.ts";
import { type Fault, type FaultFamily, faults, KeyedRandom, property, scenario, simulate } from "../src/index.ts";

const nodes = ["a", "b", "c", "d", "e"];
const virtualMs = 10_000;

const make = (family: FaultFamily, seed: number, names: readonly string[] = nodes): readonly Fault[] =>
  family({ nodes: names, random: new KeyedRandom(seed), virtualMs });

/** Each family, and the kinds of fault that it makes. */
const families: Readonly<Record<string, readonly [family: FaultFamily, kinds: readonly Fault["type"][]]>> = {
  adversary: [faults.adversary(), ["cross", "forge", "replay", "tamper"]],
  block: [faults.block(), ["block"]],
  clock: [faults.clock(), ["drift", "step"]],
  crash: [faults.crash({ wipe: 0.5, forGood: 0.2 }), ["crash"]],
  cut: [faults.cut({ countMax: 8 }), ["cut"]],
  disk: [faults.disk({ full: 0.3 }), ["disk"]],
  halfOpen: [faults.halfOpen(), ["halfOpen"]],
  links: [faults.links(), ["slow", "throttle"]],
  loss: [faults.loss(), ["loss"]],
  lostTail: [faults.lostTail(), ["lostTail"]],
  messages: [faults.messages(), ["drop", "duplicate", "hold"]],
  partition: [faults.partition(), ["partition"]],
  pause: [faults.pause({ lastsMaxMs: 100 }), ["pause"]],
  refuse: [faults.refuse(), ["cut", "refuse"]],
  slowConsumer: [faults.slowConsumer(), ["slowConsumer"]],
  stall: [faults.stall(), ["stall"]],
  suspend: [faults.suspend({ near: [1_110] }), ["suspend"]],
  swizzle: [faults.swizzle(), ["partition"]],
};

const names = Object.keys(families);
const familyOf = (name: string): FaultFamily => (families[name] as (typeof families)[string])[0];
const endOf = (fault: Fault): number => fault.atMs + ("lastsMs" in fault ? (fault.lastsMs ?? 0) : 0);

describe("faults made from a seed", () => {
  it.each(names)("%s: valid, within the run, the same again, of its kinds", (name) => {
    const seen = new Set<string>();
    for (let seed = 0; seed < 200; seed += 1) {
      const made = make(familyOf(name), seed);
      expect(make(familyOf(name), seed)).toEqual(made);
      expect(made.length).toBeGreaterThan(0);
      expect(checkFaults(made, nodes).map((fault) => fault.type)).toEqual(made.map(({ type }) => type));
      for (const fault of made) {
        seen.add(fault.type);
        expect(fault.atMs).toBeGreaterThanOrEqual(0);
        expect(endOf(fault)).toBeLessThanOrEqual(virtualMs);
      }
    }
    expect([...seen].toSorted()).toEqual(families[name]?.[1]);
  });

  it.each(["block", "crash", "pause", "suspend", "slowConsumer", "partition", "stall", "lostTail", "links", "loss"])(
    "%s: one after another",
    (name) => {
      for (let seed = 0; seed < 200; seed += 1) {
        const made = make(familyOf(name), seed);
        for (const [index, fault] of made.entries()) {
          expect(endOf(fault)).toBeLessThanOrEqual(made[index + 1]?.atMs ?? Infinity);
        }
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
      for (const fault of make(faults.crash({ atOnce: 1, wipe: 1 }), seed)) {
        expect(fault).toMatchObject({ lastsMs: 0, wipe: true });
      }
      for (const fault of make(faults.crash({ forGood: 1 }), seed)) expect(fault).toMatchObject({ forGood: true });
      for (const fault of make(faults.messages({ kinds: ["lease.*"], drop: 0, hold: 0 }), seed)) {
        expect(fault).toMatchObject({ type: "duplicate", kind: expect.stringMatching(/^lease\./) });
      }
    }
  });

  it("half of them last about as long as a duration that they are told of", () => {
    const lengths = Array.from({ length: 300 }, (_, seed) =>
      make(faults.partition({ countMax: 1, near: [1_110] }), seed).map((fault) => endOf(fault) - fault.atMs),
    ).flat();
    const near = lengths.filter((ms) => Math.abs(ms - 1_110) <= 23);
    expect(Math.abs(near.length - 150)).toBeLessThan(35);
    expect(near.some((ms) => ms < 1_110) && near.some((ms) => ms > 1_110)).toBe(true);
  });

  it("partition: who does not hear whom, by mode", () => {
    /** How many each node still hears both ways, itself included. */
    const hearing = (mode: faults.PartitionMode, names: readonly string[], seed: number): number[] => {
      const [fault] = make(faults.partition({ modes: [mode], oneWay: 0 }), seed, names);
      const links = fault?.type === "partition" ? fault.links : [];
      const heard = (node: string): number => names.length - links.filter(([from]) => from === node).length;
      return names.map(heard).toSorted((x, y) => x - y);
    };
    for (let seed = 0; seed < 20; seed += 1) {
      expect(hearing("pair", nodes, seed)).toEqual([4, 4, 5, 5, 5]);
      expect(hearing("isolate", nodes, seed)).toEqual([1, 4, 4, 4, 4]);
      expect(hearing("halves", nodes, seed)).toEqual([2, 2, 3, 3, 3]);
      expect(hearing("bridge", nodes, seed)).toEqual([3, 3, 3, 3, 5]);
      expect(hearing("bridge", ["a", "b", "c"], seed)).toEqual([2, 2, 3]);
      expect(hearing("ring", nodes, seed)).toEqual([3, 3, 3, 3, 3]);
      expect(hearing("ring", [...nodes, "f"], seed)).toEqual([5, 5, 5, 5, 5, 5]);
      expect(hearing("ring", nodes.slice(1), seed)).toEqual([3, 3, 3, 3]);
    }
    expect(() => make(faults.partition({ modes: ["ring"] }), 1, ["a", "b"])).toThrow(
      "nodes: expected at least 4 for ring, got 2",
    );
  });

  it("swizzle: one after another they go, and in some other order they come back", () => {
    const orders = Array.from({ length: 50 }, (_, seed) => make(faults.swizzle({ countMax: 1 }), seed)).filter(
      (made) => made.length > 2 && endOf(made[0] as Fault) - (made[0]?.atMs ?? 0) > 100,
    );
    expect(orders.length).toBeGreaterThan(5);
    for (const made of orders) {
      const last = Math.max(...made.map(({ atMs }) => atMs));
      expect(Math.min(...made.map(endOf))).toBeGreaterThanOrEqual(last);
      expect(new Set(made.map(({ atMs }) => atMs)).size).toBe(made.length);
    }
    expect(orders.some((made) => endOf(made[0] as Fault) !== Math.max(...made.map(endOf)))).toBe(true);
  });

  it("are left out of half of the runs of a swarm, and are otherwise those that the family makes alone", () => {
    const swarm = faults.swarm(names.map(familyOf));
    const runs = Array.from({ length: 200 }, (_, seed) => ({ seed, made: make(swarm, seed) }));
    const alone = ["crash", "pause", "stall", "lostTail", "halfOpen", "suspend", "loss"] as const;
    for (const type of alone) {
      const having = runs.filter(({ made }) => made.some((fault) => fault.type === type));
      expect(Math.abs(having.length - 100)).toBeLessThan(35);
      for (const { seed, made } of having) {
        expect(made.filter((fault) => fault.type === type)).toEqual(make(familyOf(type), seed));
      }
    }
  });

  it("two families of one kind do not disturb each other, whether the other one is left out or not", () => {
    const twice = faults.swarm([faults.pause({ nodes: ["a"] }), faults.pause({ nodes: ["b"] })]);
    const ofB = (seed: number): readonly Fault[] =>
      make(twice, seed).filter((fault) => fault.type === "pause" && fault.node === "b");
    const seeds = Array.from({ length: 50 }, (_, seed) => seed).filter((seed) => ofB(seed).length > 0);
    expect(seeds.length).toBeGreaterThan(10);
    for (const seed of seeds) {
      const random = new KeyedRandom(seed);
      const context = { nodes, random, virtualMs };
      faults.pause({ nodes: ["a"] })(context);
      const second = faults.pause({ nodes: ["b"] })(context);
      expect(ofB(seed)).toEqual(second);
    }
  });

  it("refuse options that make no sense, by name", () => {
    const refused: readonly (readonly [make: () => FaultFamily, message: string])[] = [
      [() => faults.crash({ countMax: 0 }), "countMax: expected a whole number of at least 1, got 0"],
      [() => faults.crash({ wipe: 2 }), "wipe: expected from 0 to 1, got 2"],
      [() => faults.crash({ nodes: [] }), "nodes: expected at least one, got none"],
      [() => faults.pause({ lastsMaxMs: 0 }), "lastsMaxMs: expected more than 0, got 0"],
      [() => faults.suspend({ near: [0] }), "near: expected durations of more than 0 ms, got 0"],
      [() => faults.clock({ drift: 0.2 }), "drift: expected from 0 to 0.1, got 0.2"],
      [() => faults.clock({ drift: 0, step: 0 }), "drift: expected more than 0 where step is 0"],
      [() => faults.partition({ oneWay: -1 }), "oneWay: expected from 0 to 1, got -1"],
      [() => faults.partition({ modes: [] }), "modes: expected some of pair, halves, isolate, bridge, ring, got none"],
      [() => faults.lostTail({ framesMax: 0 }), "framesMax: expected a whole number"],
      [() => faults.links({ bandwidth: [9, 8] }), "bandwidth: expected two numbers from 1"],
      [() => faults.links({ tail: { chance: 2, ms: 1 } }), "tail.chance: expected from 0 to 1, got 2"],
      [() => faults.slowConsumer({ rate: [0, 1] }), "rate: expected two numbers from 1"],
      [() => faults.adversary({ tamper: -1 }), "tamper: expected at least 0, got -1"],
      [() => faults.adversary({ tamper: 0, replay: 0, cross: 0, forge: 0 }), "tamper: expected one kind"],
      [() => faults.messages({ kinds: ["signal.exit"] }), "got signal.exit; signal.exit is not: signals are said once"],
      [() => faults.messages({ kinds: ["gossip.*"] }), "got gossip.*; there is none"],
      [() => faults.messages({ drop: 0, duplicate: 0, hold: 0 }), "drop: expected drop, duplicate or hold"],
      [() => faults.loss({ rate: 1.5 }), "rate: expected from 0 to 1, got 1.5"],
      [() => faults.loss({ burst: { begin: 0.1, end: 7 } }), "burst.end: expected from 0 to 1, got 7"],
    ];
    for (const [family, message] of refused) expect(family).toThrow(message);
    const alone = { nodes: ["a"], random: new KeyedRandom(1), virtualMs: 1_000 };
    expect(() => faults.cut()(alone)).toThrow("nodes: expected at least two for a fault between two, got 1");
    expect(() => make(faults.pause({ nodes: ["z"] }), 1)).toThrow("nodes: expected some of a, b, c, d, e, got z");
  });
});

describe("a fault that somebody wrote", () => {
  const check =
    (fault: object): (() => unknown) =>
    () =>
      checkFaults([{ atMs: 0, ...fault }], nodes);

  it("is refused with the field that is wrong, what was expected, and what was found", () => {
    const refused: readonly (readonly [fault: object, message: string])[] = [
      [{ type: "pause", node: "b", lastMs: 5 }, "faults[0].lastMs: expected only atMs, node, lastsMs, type, after"],
      [
        { type: "pause", node: "b", after: { mark: "x", nht: 2 } },
        "faults[0].after.nht: expected only mark, node, nth",
      ],
      [{ type: "crash", node: "b", forGood: true, lastsMs: 1 }, "faults[0].forGood: expected neither lastsMs nor wipe"],
      [{ type: "drift", node: "b", rate: 2 }, "faults[0].rate: expected a number from 0.9 to 1.1, got 2"],
      [{ type: "drift", node: "b", rate: 1 }, "faults[0].rate: expected a number other than 1, got 1"],
      [{ type: "step", node: "b", byMs: 0 }, "faults[0].byMs: expected a number other than 0, got 0"],
      [{ type: "block", node: "b", first: "last" }, 'faults[0].first: expected one of timers, input, got "last"'],
      [{ type: "slow", link: ["a", "b"] }, "faults[0].latencyMs: expected this, meanMs or tail"],
      [
        { type: "slow", link: ["a", "b"], tail: { chance: 3, ms: 1 } },
        "faults[0].tail.chance: expected a number from 0 to 1",
      ],
      [{ type: "tamper", link: ["a", "b"], how: "eat" }, 'faults[0].how: expected one of flip, truncate, got "eat"'],
      [{ type: "replay", link: ["a", "b"], nth: 1.5 }, "faults[0].nth: expected a whole number of at least 1, got 1.5"],
      [
        { type: "loss", link: ["a", "b"], rate: 0.1, kinds: [] },
        "faults[0].kinds: expected at least one kind of message",
      ],
      [{ type: "throttle", link: ["a", "b"], bytesPerSecond: 0 }, "faults[0].bytesPerSecond: expected a number from 1"],
    ];
    for (const [fault, message] of refused) expect(check(fault)).toThrow(message);
  });
});

describe("a fault in words", () => {
  it.each<[fault: Fault, words: string]>([
    [{ atMs: 1, type: "drop", link: ["a", "b"], kind: "lease.beat", count: 6 }, "drop lease.beat number 1 to 6, a > b"],
    [
      { atMs: 1, type: "duplicate", link: ["a", "b"], kind: "user.send", nth: 3 },
      "duplicate user.send number 3, a > b",
    ],
    [
      { atMs: 1, type: "hold", link: ["a", "b"], kind: "transfer.*", holdMs: 50 },
      "hold transfer.* number 1, a > b, back by 50 ms",
    ],
    [{ atMs: 1, type: "crash", node: "a", lastsMs: 200 }, "crash a for 200 ms"],
  ])("%j", (fault, words) => {
    expect(describeFault(fault)).toBe(words);
  });

  it("never ends with a comma, whatever a family makes", () => {
    for (const name of names) {
      for (let seed = 0; seed < 50; seed += 1) {
        for (const fault of make(familyOf(name), seed)) expect(describeFault(fault)).toMatch(/[^,\s]$/);
      }
    }
  });
});

describe("a fault that did not bite", () => {
  const never = property("never", () => null);
  const base = { nodes: { a: {}, b: {} }, boot: () => "up", always: [never], budget: { virtualMs: 100, settleMs: 1 } };
  const inert: readonly Fault[] = [
    { atMs: 10, type: "cut", between: ["a", "b"] },
    { atMs: 5, type: "pause", node: "a", after: { mark: "x", nth: 2 } },
    { atMs: 500, type: "crash", node: "a" },
  ];

  it("fails a scenario that names its faults, and says which and why (S149)", async () => {
    const { failure } = await simulate(scenario("x", { ...base, faults: inert }), { seed: 1 });
    expect(failure?.property).toBe("every fault bites");
    expect(failure?.what.split("\n")).toEqual([
      "10 ms: cut a | b had no effect; likely no pipe was open",
      "5 ms after x number 2: pause a was never applied; its mark was reached 0 times of 2",
      "500 ms: crash a was never applied; the run was over before its time came",
    ]);
  });

  it("is only reported where a family made it, where a tool gave it, or on request", async () => {
    const outcomes = [
      await simulate(scenario("x", { ...base, faults: () => inert }), { seed: 1 }),
      await simulate(scenario("x", base), { seed: 1, faults: inert }),
      await simulate(scenario("x", { ...base, faults: inert }), { seed: 1, inertFaults: "report" }),
    ];
    for (const { ok, faults } of outcomes) {
      expect(ok).toBe(true);
      expect(faults.map(({ applied, effective }) => [applied, effective])).toEqual([
        [true, 0],
        [false, 0],
        [false, 0],
      ]);
    }
    const demanding = await simulate(scenario("x", base), { seed: 1, faults: inert, inertFaults: "fail" });
    expect(demanding.failure?.property).toBe("every fault bites");
  });
});

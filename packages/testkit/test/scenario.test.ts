import { Access, type NodeId } from "@espalier/runtime";
import { portableCrypto } from "@espalier/runtime/portable";
import { SessionTransport } from "@espalier/wire";
import { describe, expect, it } from "vitest";
import {
  type Fault,
  faults,
  type Place,
  property,
  type Property,
  scenario,
  simulate,
  startNode,
} from "../src/index.ts";

/** A counter that each operation raises, on disk: written before it counts in memory, or after. */
interface Counter {
  count: number;
  stored: number;
  readonly raise: () => Promise<void>;
}

async function bootCounter({ host }: Place): Promise<Counter> {
  const stored = (await host.disk.read("count"))?.[0] ?? 0;
  const counter: Counter = {
    count: stored,
    stored,
    raise: async () => {
      counter.count += 1;
      const { count } = counter;
      await host.disk.write("count", Uint8Array.of(count));
      counter.stored = Math.max(counter.stored, count);
    },
  };
  return counter;
}

const onDisk: Property<Counter> = property("onDisk", ({ nodes }) => {
  const behind = nodes.filter(({ seen }) => seen?.stored !== seen?.count);
  return behind.length === 0 ? null : `${behind.map(({ name }) => name).join(", ")} have not stored their count`;
});

const never: Property = property("never", () => null);

/** Lets that much time of a machine pass. */
const pass = ({ host }: Place, durationMs: number): Promise<void> =>
  new Promise((resolve) => void host.clock.after(durationMs, resolve));

const common = {
  boot: bootCounter,
  eventually: [onDisk],
  budget: { virtualMs: 1_000, settleMs: 1_000 },
};

const counting = scenario<Counter>("counting", {
  ...common,
  nodes: { a: {}, b: {} },
  workload: (w) => w.op("raise", { count: 20 }, ({ node }) => node.app.raise()),
  faults: faults.swarm([faults.crash(), faults.pause(), faults.partition(), faults.cut(), faults.stall()]),
});

describe("a scenario", { timeout: 60_000 }, () => {
  it("boots, works, goes wrong, is healed, and settles", async () => {
    for (let seed = 0; seed < 50; seed += 1) {
      const result = await simulate(counting, { seed });
      expect(result.failure?.text).toBeUndefined();
      expect(result).toMatchObject({ ok: true, plan: { seed } });
    }
  });

  it("does the same in two runs of one seed, and something else in another (S145)", async () => {
    const first = await Promise.all(Array.from({ length: 30 }, (_, seed) => simulate(counting, { seed })));
    const second = await Promise.all(Array.from({ length: 30 }, (_, seed) => simulate(counting, { seed })));
    expect(second).toEqual(first);
    expect(new Set(first.map(({ traceHash }) => traceHash)).size).toBe(30);
  });

  it("runs the faults that it is given instead of its own, and draws the same numbers for everything else (S146)", async () => {
    const { faults: own } = await simulate(counting, { seed: 3 });
    expect(own.length).toBeGreaterThan(2);
    const [first] = own;
    const shorter = await simulate(counting, { seed: 3, faults: [first!.fault] });
    expect(shorter.faults.map(({ fault }) => fault)).toEqual([first!.fault]);
    const same = await simulate(counting, { seed: 3, faults: own.map(({ fault }) => fault) });
    expect(same.faults).toEqual(own);
  });

  it("fails when a property does not hold in the end, and prints seed, faults and story", async () => {
    const forgetful = scenario<Counter>("forgetful", {
      ...common,
      nodes: { a: {}, b: {} },
      workload: (w) => w.op("raise", { on: "a" }, ({ node }) => void (node.app.count += 1)),
      faults: [
        { atMs: 100, type: "crash", node: "b", lastsMs: 100 },
        { atMs: 300, type: "cut", between: ["a", "b"] },
      ],
    });
    const { ok, failure, traceHash } = await simulate(forgetful, { seed: 9 });
    expect(ok).toBe(false);
    expect(failure).toMatchObject({
      property: "onDisk",
      what: "a have not stored their count, 1000 ms after all was healed",
    });
    expect(failure?.text).toContain('scenario "forgetful" failed at');
    expect(failure?.text).toContain("with seed 9");
    expect(failure?.text).toContain("    100 ms: crash b for 100 ms\n    300 ms: cut a | b  (without effect)\n");
    expect(failure?.text).toMatch(/scenario {2}everything is healed/);
    expect(failure?.text).toContain(`simulate(scenario, { seed: 9 }); trace hash ${traceHash}`);
  });

  it("takes a node for booted although its boot gave nothing", async () => {
    const seen: unknown[] = [];
    const nothing = property("nothing is seen of it", ({ nodes }) => {
      seen.push(nodes[0]?.state, nodes[0]?.seen);
      return null;
    });
    const options = { nodes: { a: {} }, eventually: [nothing], budget: { virtualMs: 100, settleMs: 100 } };
    const result = await simulate(scenario("nothing", { ...options, boot: () => null }), { seed: 1 });
    expect(result.failure?.text).toBe(undefined);
    expect(seen).toEqual(["running", null]);
  });

  it("fails at the very event after which a property that always holds does not", async () => {
    const low: Property<Counter> = property("low", ({ nodes }) =>
      nodes.some(({ seen }) => (seen?.count ?? 0) > 3) ? "a count is above 3" : null,
    );
    const result = await simulate(
      scenario<Counter>("low", { ...common, nodes: { a: {} }, workload, always: [low], eventually: [] }),
      { seed: 1, faults: [] },
    );
    expect(result.failure).toMatchObject({ property: "low", what: "a count is above 3" });
    expect(result.failure?.story.at(-2)).toMatch(/raise 4$/);

    function workload(w: Parameters<NonNullable<Parameters<typeof scenario<Counter>>[1]["workload"]>>[0]): void {
      // Numbered in the order in which they were drawn, not in that of their times: one at a time, so that they are the same.
      let raised = 0;
      for (let n = 1; n <= 9; n += 1) {
        w.op(`raise ${n}`, { count: 1 }, async ({ node }) => {
          raised += 1;
          node.tell(`raise ${raised}`);
          await node.app.raise();
        });
      }
    }
  });

  it("fails when an operation does, unless its node died of a fault meanwhile", async () => {
    const failing = (fault: Fault[]) =>
      simulate(
        scenario<Counter>("failing", {
          ...common,
          nodes: { a: {} },
          workload: (w) =>
            w.op("late", { count: 1 }, async ({ node }) => {
              await pass(node, 500);
              throw new Error("oops");
            }),
          faults: fault,
        }),
        { seed: 1 },
      );
    expect((await failing([])).failure).toMatchObject({ property: "op late", what: "late 1 on a: Error: oops" });
    const crashes = Array.from({ length: 10 }, (_, n): Fault => ({
      atMs: n * 100,
      type: "crash",
      node: "a",
      lastsMs: 1,
    }));
    expect((await failing(crashes)).ok).toBe(true);
  });

  it("fails when a node does not boot, when a machine does not catch, and when a property breaks", async () => {
    const run = async (options: Partial<Parameters<typeof scenario<number>>[1]>) =>
      (
        await simulate(scenario<number>("x", { nodes: { a: {} }, boot: () => 1, always: [never], ...options }), {
          seed: 1,
        })
      ).failure;
    const oops = (): never => {
      throw new Error("oops");
    };
    expect(await run({ boot: oops })).toMatchObject({ property: "boots", what: "a: Error: oops" });
    // The first failure counts.
    expect(await run({ boot: oops, nodes: { a: {}, b: {} } })).toMatchObject({ what: "a: Error: oops" });
    expect(await run({ boot: () => Promise.reject(new Error("oops")) })).toMatchObject({ property: "boots" });
    expect(await run({ boot: () => new Promise(() => {}) })).toMatchObject({
      what: "nothing is left to happen at 0 ms, and what is waited for has not",
    });
    const uncaught = (node: Place): number => {
      node.host.clock.after(10, oops);
      return 1;
    };
    expect(await run({ boot: uncaught })).toMatchObject({ property: "runs on", what: "uncaught on a (timer): oops" });
    expect(await run({ eventually: [property("broken", oops)] })).toMatchObject({ what: "oops" });
  });

  it("fails when a property throws as it is told of an event, and the node that told it goes on", async () => {
    const breaks: Property = {
      name: "breaks",
      begin: () => ({
        event: () => {
          throw new Error("not its day");
        },
        check: () => null,
      }),
    };
    let goesOn = false;
    const tells = scenario("tells", {
      nodes: { n: {} },
      boot: async (place: Place) => {
        const node = await startNode(place);
        await node.run(function* () {
          goesOn = true;
        });
        return {};
      },
      always: [breaks],
      budget: { virtualMs: 100, settleMs: 100 },
    });
    const { failure } = await simulate(tells, { seed: 1 });
    expect(goesOn).toBe(true);
    expect(failure?.property).toBe("breaks");
    expect(failure?.what).toBe("it threw when told of spawn: Error: not its day");
  });

  it("puts everything right in the end: who crashed is booted again, who was paused goes on", async () => {
    const lives: string[] = [];
    const beating = scenario<{ beats: number }>("beating", {
      nodes: { a: {}, b: {} },
      boot: ({ name, host }) => {
        lives.push(name);
        const app = { beats: 0 };
        const beat = (): void => {
          app.beats += 1;
          host.clock.after(10, beat);
        };
        beat();
        return app;
      },
      faults: [
        { atMs: 100, type: "crash", node: "a" },
        { atMs: 100, type: "pause", node: "b" },
      ],
      always: [
        property("nobody who crashed has an app", ({ nodes }) =>
          nodes.some(({ state, seen }) => state === "crashed" && seen !== null) ? "has" : null,
        ),
      ],
      eventually: [
        property("beats", ({ nodes }) => (nodes.every(({ seen }) => (seen?.beats ?? 0) > 50) ? null : "too few")),
      ],
      budget: { virtualMs: 1_000 },
    });
    const result = await simulate(beating, { seed: 1 });
    expect(result.failure?.text).toBeUndefined();
    expect(lives).toEqual(["a", "b", "a"]);
    expect(result.faults.map(({ effective }) => effective)).toEqual([1, 1]);
  });

  it("does not mind what a boot comes to whose process died meanwhile", async () => {
    let boots = 0;
    const slow = scenario<number>("slow", {
      nodes: { a: {} },
      boot: async (place) => {
        boots += 1;
        const boot = boots;
        const takesMs = [0, 300, 300, 0][boot - 1] as number;
        await pass(place, takesMs);
        if (boot === 2) throw new Error("oops");
        return boot;
      },
      faults: [100, 200, 300].map((atMs) => ({ atMs, type: "crash", node: "a", lastsMs: 50 })),
      eventually: [property("the last", ({ nodes: [a] }) => (a?.seen === 4 ? null : `got ${a?.seen}`))],
      budget: { virtualMs: 1_000, settleMs: 10 },
    });
    expect((await simulate(slow, { seed: 1 })).failure?.text).toBeUndefined();
  });

  it("refuses what cannot fail, and what makes no sense", async () => {
    const options = { nodes: { a: {}, b: {} }, boot: () => 1, always: [never] };
    expect(() => scenario("x", { ...options, always: [] })).toThrow("expected a property; without one it cannot fail");
    expect(() => scenario("x", { ...options, nodes: {} })).toThrow("expected at least one node");
    expect(() => scenario("x", { ...options, budget: { virtualMs: 0 } })).toThrow("budget.virtualMs");
    const op = (...args: [string, object]) =>
      scenario("x", { ...options, workload: (w) => w.op(args[0], args[1], () => {}) });
    expect(() => op("o", { count: 0 })).toThrow("count: expected at least 1");
    expect(() => op("o", { on: "c" })).toThrow("on: expected one of a, b, got c");
    const twice = () =>
      scenario("x", {
        ...options,
        workload: (w) => {
          w.op("o", () => {});
          w.op("o", () => {});
        },
      });
    expect(twice).toThrow('op "o": expected a name that is not taken');
    const given = (fault: object) => simulate(scenario("x", options), { seed: 1, faults: [fault as Fault] });
    await expect(given({ atMs: -1, type: "crash", node: "a" })).rejects.toThrow(
      "faults[0].atMs: expected a number from 0",
    );
    await expect(given({ atMs: 1, type: "flood", node: "a" })).rejects.toThrow(
      "faults[0].type: expected one of block, crash",
    );
    await expect(given({ atMs: 1, type: "crash", node: "c" })).rejects.toThrow("faults[0].node: expected one of a, b");
    await expect(given({ atMs: 1, type: "cut", between: ["a"] })).rejects.toThrow("faults[0].between: expected two");
    await expect(given({ atMs: 1, type: "cut", between: ["a", "c"] })).rejects.toThrow("faults[0].between: expected");
    await expect(simulate(scenario("x", options), { seed: -1 })).rejects.toThrow("seed: expected a whole number");
    expect(() => faults.crash({ countMax: 0 })).toThrow("countMax");
    expect(() => faults.pause({ lastsMaxMs: 0 })).toThrow("lastsMaxMs");
  });
});

/** Links that are wanted for good: opened again whenever they are lost. */
interface Linked {
  readonly up: Set<NodeId>;
}

/** Boots the shipped sessions. */
async function bootLinks({ host, url, identity, ref, peers }: Place): Promise<Linked> {
  const up = new Set<NodeId>();
  const transport = new SessionTransport({
    host,
    identity,
    incarnation: `${Math.round(host.clock.monotonic())}`,
    abi: 1,
    hashVersion: 1,
    listen: url,
    access: new Access(peers.map((peer) => peer.ref.id)),
  });
  const connect = (): void => {
    for (const peer of peers) if (peer.ref.id !== ref.id && !up.has(peer.ref.id)) transport.connect(peer.ref);
    host.clock.after(500 + host.random.unit() * 500, connect);
  };
  await transport.start({ up: (peer) => up.add(peer.id), down: (peer) => up.delete(peer), message() {}, failed() {} });
  connect();
  return { up };
}

const fullMesh: Property<Linked> = property("fullMesh", ({ nodes }) => {
  const alone = nodes.filter(({ seen }) => seen?.up.size !== nodes.length - 1);
  return alone.length === 0 ? null : `${alone.map(({ name }) => name).join(", ")} lack links`;
});

describe("the shipped sessions, whatever goes wrong", { timeout: 60_000 }, () => {
  const mesh = scenario<Linked>("full mesh", {
    nodes: { a: {}, b: {}, c: {} },
    boot: bootLinks,
    faults: faults.swarm([
      faults.crash(),
      faults.pause(),
      faults.partition({ countMax: 6 }),
      faults.cut({ countMax: 10 }),
      faults.stall(),
    ]),
    eventually: [fullMesh],
    budget: { virtualMs: 60_000, settleMs: 60_000 },
  });

  it("link every node with every other again, once everything is healed (R-1310)", async () => {
    let effective = 0;
    for (let seed = 0; seed < 20; seed += 1) {
      const result = await simulate(mesh, { seed });
      expect(result.failure?.text).toBeUndefined();
      effective += result.faults.filter((outcome) => outcome.effective > 0).length;
    }
    expect(effective).toBeGreaterThan(40);
  });

  it("do the same over the portable cryptography, to the byte", async () => {
    const first = await simulate(mesh, { seed: 1 });
    expect(await simulate(mesh, { seed: 1, crypto: portableCrypto })).toEqual(first);
  });
});

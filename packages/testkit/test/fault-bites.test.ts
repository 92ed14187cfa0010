import { Access, type NodeId, type Pipe } from "@espalier/runtime";
import { SessionTransport } from "@espalier/wire";
import { describe, expect, it } from "vitest";
import { type Fault, type Place, property, type RunResult, scenario, simulate } from "../src/index.ts";

/** A frame that came, and when. */
interface Arrival {
  readonly from: string;
  readonly n: number;
  readonly sentMs: number;
  readonly atMs: number;
}

/** One node in all its lives, as somebody who looks on sees it. */
interface Seen {
  readonly boots: number[];
  /** What the clocks of the machine and of the world showed, every ten milliseconds by the machine's. */
  readonly ticks: { readonly atMs: number; readonly monotonicMs: number; readonly wallMs: number }[];
  readonly arrivals: Arrival[];
  readonly closings: { readonly atMs: number; readonly reason: string }[];
  readonly openings: number[];
  readonly onDisk: string[];
  /** Each write, when it was over, how long it took, and whether it failed. */
  readonly writes: { readonly atMs: number; readonly tookMs: number; readonly failed: boolean }[];
  /** Input and timers in the order in which they were handled. */
  readonly handled: { readonly atMs: number; readonly what: "timer" | "input" }[];
  queuedBytesMax: number;
  /** Pipes that are open, as this node believes. */
  pipes: number;
}

const frameBytes = 100;

/** Nodes that tick, and each of which sends all others a numbered frame at every tick, over pipes that are opened again when they break. */
async function bootTicking(place: Place, seen: Seen): Promise<Seen> {
  const { host, name, peers } = place;
  seen.boots.push(place.nowMs);
  seen.onDisk.push((await host.disk.read("mark")) === null ? "empty" : "kept");
  await host.disk.write("mark", Uint8Array.of(1));
  const pipes = new Map<string, Pipe>();
  seen.pipes = 0;
  let n = 0;
  const handler = (take: () => void, drop: () => void) => {
    let isOpen = false;
    return {
      open: () => {
        isOpen = true;
        seen.pipes += 1;
        seen.openings.push(place.nowMs);
        take();
      },
      frame: (bytes: Uint8Array) => {
        seen.handled.push({ atMs: place.nowMs, what: "input" });
        const [from, number, sentMs] = JSON.parse(new TextDecoder().decode(bytes)) as [string, number, number];
        seen.arrivals.push({ from, n: number, sentMs, atMs: place.nowMs });
      },
      closed: (reason: string) => {
        if (isOpen) seen.pipes -= 1;
        seen.closings.push({ atMs: place.nowMs, reason });
        drop();
      },
    };
  };
  await host.network.listen(place.url, (pipe) => {
    const key = `in ${pipe.remote}`;
    return handler(
      () => pipes.set(key, pipe),
      () => pipes.delete(key),
    );
  });
  const dial = (peer: string, url: string): void => {
    const pipe: Pipe = host.network.connect(
      url,
      handler(
        () => pipes.set(peer, pipe),
        () => {
          pipes.delete(peer);
          host.clock.after(100, () => dial(peer, url));
        },
      ),
    );
  };
  for (const peer of peers) if (peer.name > name) dial(peer.name, peer.ref.address as string);
  const tick = (): void => {
    n += 1;
    const sinceMs = place.nowMs;
    const written = (failed: boolean): void => {
      seen.writes.push({ atMs: place.nowMs, tookMs: place.nowMs - sinceMs, failed });
    };
    host.disk.write("tick", Uint8Array.of(n % 256)).then(
      () => written(false),
      () => written(true),
    );
    seen.handled.push({ atMs: place.nowMs, what: "timer" });
    seen.ticks.push({ atMs: place.nowMs, monotonicMs: host.clock.monotonic(), wallMs: host.clock.wall() });
    const bytes = new TextEncoder().encode(JSON.stringify([name, n, place.nowMs]).padEnd(frameBytes));
    for (const pipe of pipes.values()) {
      pipe.send(bytes);
      seen.queuedBytesMax = Math.max(seen.queuedBytesMax, pipe.queuedBytes);
    }
    host.clock.after(10, tick);
  };
  tick();
  return seen;
}

interface Ticking {
  readonly result: RunResult;
  readonly a: Seen;
  readonly b: Seen;
  readonly c: Seen;
}

const never = property("never", () => null);

/** Faults begin here and are over here, in a run of this length. */
const [fromMs, untilMs, virtualMs] = [1_000, 2_000, 5_000];

async function runTicking(...faults: readonly Fault[]): Promise<Ticking> {
  const all = new Map<string, Seen>();
  const result = await simulate(
    scenario("ticking", {
      nodes: { a: {}, b: {}, c: {} },
      boot: (place) => {
        const none = {
          boots: [],
          ticks: [],
          arrivals: [],
          closings: [],
          openings: [],
          onDisk: [],
          writes: [],
          handled: [],
        };
        const seen = all.get(place.name) ?? { ...structuredClone(none), queuedBytesMax: 0, pipes: 0 };
        all.set(place.name, seen);
        return bootTicking(place, seen);
      },
      faults,
      always: [never],
      budget: { virtualMs, settleMs: 1 },
    }),
    { seed: 11 },
  );
  const [a, b, c] = ["a", "b", "c"].map((name) => all.get(name) as Seen) as [Seen, Seen, Seen];
  return { result, a, b, c };
}

const during = <T extends { readonly atMs: number }>(list: readonly T[]): T[] =>
  list.filter(({ atMs }) => atMs > fromMs + 10 && atMs < untilMs);
const latency = ({ sentMs, atMs }: Arrival): number => atMs - sentMs;
const latenciesOf = (seen: Seen, from: string): number[] =>
  during(seen.arrivals)
    .filter((arrival) => arrival.from === from)
    .map(latency);
const gapMax = (list: readonly { readonly atMs: number }[]): number =>
  Math.max(...list.map(({ atMs }, index) => (index === 0 ? 0 : atMs - (list[index - 1] as { atMs: number }).atMs)));
const numbersFrom = (seen: Seen, from: string): number[] =>
  seen.arrivals.filter((arrival) => arrival.from === from).map(({ n }) => n);

const lastsMs = untilMs - fromMs;

/** What shows that a fault has bitten, of each kind that strikes machines and pipes. */
const bites: Readonly<Record<string, readonly [fault: object, bitten: (ticking: Ticking) => void]>> = {
  slow: [
    { type: "slow", link: ["a", "b"], latencyMs: 50, meanMs: 20, tail: { chance: 0.1, ms: 200 }, lastsMs },
    ({ a, b }) => {
      const slow = latenciesOf(b, "a");
      expect(Math.min(...slow)).toBeGreaterThan(50);
      expect(Math.max(...slow)).toBeGreaterThan(200);
      expect(Math.max(...latenciesOf(a, "b"))).toBeLessThan(5);
    },
  ],
  throttle: [
    // Ten kilobytes are said each second.
    { type: "throttle", link: ["a", "b"], bytesPerSecond: 5_000, lastsMs },
    ({ a, b, c }) => {
      expect(a.queuedBytesMax).toBeGreaterThan(3_000);
      expect(Math.max(...latenciesOf(b, "a"))).toBeGreaterThan(300);
      expect(Math.max(...latenciesOf(c, "a"))).toBeLessThan(5);
    },
  ],
  slowConsumer: [
    { type: "slowConsumer", node: "b", bytesPerSecond: 10_000, lastsMs },
    ({ a, c }) => {
      expect(a.queuedBytesMax).toBeGreaterThan(3_000);
      expect(c.queuedBytesMax).toBeGreaterThan(3_000);
      expect(Math.max(...latenciesOf(c, "b"))).toBeLessThan(5);
    },
  ],
  partition: [
    { type: "partition", links: [["a", "b"]], lastsMs },
    ({ a, b }) => {
      expect([latenciesOf(b, "a").length, latenciesOf(a, "b").length > 90]).toEqual([0, true]);
      expect(numbersFrom(b, "a")).toEqual(numbersFrom(b, "a").map((_, index, [first]) => (first as number) + index));
    },
  ],
  stall: [
    { type: "stall", link: ["b", "a"], lastsMs },
    ({ a, b }) => expect([latenciesOf(a, "b").length, latenciesOf(b, "a").length > 90]).toEqual([0, true]),
  ],
  cut: [
    { type: "cut", between: ["a", "b"] },
    ({ a, b, c }) => {
      expect([a.closings.length, b.closings.length, c.closings.length]).toEqual([1, 1, 0]);
      expect(b.openings.some((atMs) => atMs > fromMs)).toBe(true);
    },
  ],
  lostTail: [
    { type: "lostTail", link: ["a", "b"], frames: 5, lastsMs },
    ({ a, b, result }) => {
      expect([a.closings.length, b.closings.length]).toEqual([1, 1]);
      const numbers = numbersFrom(b, "a");
      const [cutMs] = b.closings.map(({ atMs }) => atMs);
      const before = b.arrivals.filter(({ from, atMs }) => from === "a" && atMs < (cutMs as number)).length;
      // Nothing is missing in the middle; the tail is, and what could not be sent until there was a new pipe.
      expect(numbers.slice(0, before)).toEqual(numbers.slice(0, before).map((_, i) => (numbers[0] as number) + i));
      expect((numbers[before] as number) - (numbers[before - 1] as number)).toBeGreaterThan(5);
      expect(result.faults[0]?.effective).toBe(5);
    },
  ],
  halfOpen: [
    { type: "halfOpen", link: ["b", "a"], lastsMs },
    ({ a, b }) => {
      // It connects again at once, while the other one has two pipes and does not know.
      expect(a.closings.map(({ reason }) => reason)).toEqual(["the connection was lost"]);
      expect(b.closings.map(({ atMs, reason }) => [Math.round(atMs / 100) * 100, reason])).toEqual([
        [untilMs, "the connection was reset"],
      ]);
    },
  ],
  crash: [
    { type: "crash", node: "b", lastsMs },
    ({ a, b }) => {
      expect([b.boots.length, b.onDisk]).toEqual([2, ["empty", "kept"]]);
      expect(during(b.ticks)).toEqual([]);
      expect(a.closings[0]?.reason).toBe("the connection was reset");
    },
  ],
  "crash, and start again at once": [
    { type: "crash", node: "b", lastsMs: 0 },
    ({ b }) => expect(b.boots.map((atMs) => Math.round(atMs / 100) * 100)).toEqual([0, fromMs]),
  ],
  "crash, disk and all": [
    { type: "crash", node: "b", lastsMs, wipe: true },
    ({ b }) => expect(b.onDisk).toEqual(["empty", "empty"]),
  ],
  disk: [
    { type: "disk", node: "b", latencyMs: 40, lastsMs },
    ({ a, b }) => {
      expect(Math.min(...during(b.writes).map(({ tookMs }) => tookMs))).toBeGreaterThanOrEqual(40);
      expect(during(b.writes).some(({ failed }) => failed)).toBe(false);
      expect(Math.max(...a.writes.map(({ tookMs }) => tookMs))).toBeLessThan(5);
      expect(Math.max(...b.writes.filter(({ atMs }) => atMs > untilMs + 50).map(({ tookMs }) => tookMs))).toBeLessThan(
        5,
      );
    },
  ],
  "disk, full": [
    { type: "disk", node: "b", full: true, lastsMs },
    ({ a, b }) => {
      expect(during(b.writes).every(({ failed }) => failed)).toBe(true);
      expect(b.writes.filter(({ atMs }) => atMs > untilMs + 50).some(({ failed }) => failed)).toBe(false);
      expect([...a.writes].some(({ failed }) => failed)).toBe(false);
    },
  ],
  pause: [
    { type: "pause", node: "b", lastsMs },
    ({ b }) => {
      expect(during(b.ticks)).toEqual([]);
      const [before, after] = around(b);
      expect(after.monotonicMs - before.monotonicMs).toBeGreaterThan(990);
    },
  ],
  suspend: [
    { type: "suspend", node: "b", lastsMs },
    ({ b }) => {
      expect(during(b.ticks)).toEqual([]);
      const [before, after] = around(b);
      expect(after.monotonicMs - before.monotonicMs).toBeLessThan(20);
      expect(after.wallMs - before.wallMs).toBeGreaterThan(990);
    },
  ],
  block: [
    { type: "block", node: "b", lastsMs },
    ({ b }) => {
      expect(during(b.ticks)).toEqual([]);
      expect(b.handled.find(({ atMs }) => atMs >= untilMs)?.what).toBe("timer");
    },
  ],
  "block, input first": [
    { type: "block", node: "b", first: "input", lastsMs },
    ({ b }) => expect(b.handled.find(({ atMs }) => atMs >= untilMs)?.what).toBe("input"),
  ],
  drift: [
    { type: "drift", node: "b", rate: 1.1, lastsMs },
    ({ a, b }) => {
      expect(during(b.ticks).length - during(a.ticks).length).toBeGreaterThan(7);
    },
  ],
  step: [
    { type: "step", node: "b", byMs: -5_000 },
    ({ b }) => {
      const [first, last] = [b.ticks[0], b.ticks.at(-1)].map((tick) => (tick?.wallMs ?? 0) - (tick?.monotonicMs ?? 0));
      expect(Math.round((last as number) - (first as number))).toBe(-5_000);
    },
  ],
};

/** The last tick before a fault, and the first after it. */
function around({ ticks }: Seen): [Seen["ticks"][number], Seen["ticks"][number]] {
  const after = ticks.findIndex(({ atMs }) => atMs >= untilMs);
  return [ticks[after - 1], ticks[after]] as [Seen["ticks"][number], Seen["ticks"][number]];
}

describe("a fault of machines and pipes bites, and heals (S149)", { timeout: 60_000 }, () => {
  it("without one nothing of the kind is seen", async () => {
    const { result, a, b, c } = await runTicking();
    expect(result.failure?.text).toBeUndefined();
    for (const seen of [a, b, c]) {
      expect([seen.boots.length, seen.closings, seen.pipes]).toEqual([1, [], 2]);
      expect(Math.max(...seen.arrivals.map(latency))).toBeLessThan(5);
      expect(gapMax(seen.ticks)).toBeLessThan(11);
      expect(seen.queuedBytesMax).toBe(frameBytes);
    }
  });

  it.each(Object.keys(bites))("%s", async (name) => {
    const [fault, bitten] = bites[name] as (typeof bites)[string];
    const ticking = await runTicking({ atMs: fromMs, ...fault } as Fault);
    expect(ticking.result.failure?.text).toBeUndefined();
    expect(ticking.result.faults.map(({ applied, effective }) => [applied, effective > 0])).toEqual([[true, true]]);
    bitten(ticking);
    expectHealed(ticking);
  });

  it("refuse", async () => {
    const ticking = await runTicking(
      { atMs: fromMs, type: "refuse", node: "c", lastsMs },
      { atMs: fromMs + 100, type: "cut", between: ["a", "c"] },
    );
    expect(ticking.result.failure?.text).toBeUndefined();
    const refused = ticking.a.closings.filter(({ reason }) => reason.endsWith("the connection was refused"));
    expect(ticking.result.faults[0]?.effective).toBe(refused.length);
    expect(refused.length).toBeGreaterThan(5);
    expectHealed(ticking);
  });

  it("crash for good: it never comes back, and nobody waits for it", async () => {
    const states: string[] = [];
    const result = await simulate(
      scenario("gone", {
        nodes: { a: {}, b: {} },
        boot: () => "up",
        faults: [{ atMs: 10, type: "crash", node: "b", forGood: true }],
        eventually: [
          property("looks", ({ nodes, phase }) => {
            if (phase === "settling") states.push(...nodes.map(({ state }) => state));
            return null;
          }),
        ],
        budget: { virtualMs: 100, settleMs: 100 },
      }),
      { seed: 1 },
    );
    expect(result.failure?.text).toBeUndefined();
    expect(states).toEqual(["running", "gone"]);
  });
});

/** Two seconds after it ended everything is as it was. */
function expectHealed({ a, b, c }: Ticking): void {
  for (const seen of [a, b, c]) {
    const late = <T extends { readonly atMs: number }>(list: readonly T[]): T[] =>
      list.filter(({ atMs }) => atMs > untilMs + 2_000 && atMs <= virtualMs);
    expect(seen.pipes).toBe(2);
    expect(late(seen.closings)).toEqual([]);
    expect(late(seen.ticks).length).toBeGreaterThan(98);
    expect(late(seen.arrivals).length).toBeGreaterThan(195);
    expect(Math.max(...late(seen.arrivals).map(latency))).toBeLessThan(5);
  }
}

interface Linked {
  readonly up: Set<NodeId>;
}

/** Links that are wanted for good, over the shipped sessions, and say something all the time. */
async function bootLinks(place: Place, log: string[]): Promise<Linked> {
  const { host, ref, peers, name } = place;
  const up = new Set<NodeId>();
  const nameOf = (id: NodeId): string => peers.find((peer) => peer.ref.id === id)?.name as string;
  const transport = new SessionTransport({
    host,
    identity: place.identity,
    incarnation: `${Math.round(host.clock.monotonic())}`,
    abi: 1,
    hashVersion: 1,
    listen: place.url,
    access: new Access(peers.map((peer) => peer.ref.id)),
  });
  const connect = (): void => {
    for (const peer of peers) {
      if (peer.ref.id === ref.id) continue;
      if (up.has(peer.ref.id)) transport.send(peer.ref.id, { type: "pulse.ask" });
      else transport.connect(peer.ref);
    }
    host.clock.after(100 + host.random.unit() * 100, connect);
  };
  await transport.start({
    up: (peer) => {
      up.add(peer.id);
      log.push(`${name} up ${nameOf(peer.id)}`);
    },
    down: (peer) => {
      up.delete(peer);
      log.push(`${name} down ${nameOf(peer)}`);
    },
    message() {},
    failed() {},
  });
  connect();
  return { up };
}

describe(
  "a frame that is not what was sent ends its session, that one only, and the nodes connect again",
  { timeout: 60_000 },
  () => {
    it.each<{
      readonly type: string;
      readonly how?: string;
      readonly bytes?: number;
      readonly [option: string]: unknown;
    }>([
      { type: "tamper", link: ["a", "b"], how: "flip", nth: 3 },
      { type: "tamper", link: ["b", "a"], how: "truncate" },
      { type: "replay", link: ["a", "b"], nth: 2 },
      { type: "cross", link: ["a", "b"] },
      { type: "forge", link: ["b", "a"], bytes: 0 },
      { type: "forge", link: ["a", "b"], bytes: 100 },
    ])("$type $how $bytes", async (fault) => {
      const log: string[] = [];
      let before = 0;
      const result = await simulate(
        scenario<Linked>("sealed", {
          nodes: { a: {}, b: {}, c: {} },
          boot: (place) => bootLinks(place, log),
          faults: [{ ...fault, atMs: 3_000 } as unknown as Fault],
          always: [
            property("counts", ({ nowMs }) => {
              if (nowMs < 3_000) before = log.length;
              return null;
            }),
          ],
          eventually: [
            property<Linked>("mesh", ({ nodes }) => (nodes.every(({ seen }) => seen?.up.size === 2) ? null : "lacks")),
          ],
          budget: { virtualMs: 6_000, settleMs: 1_000 },
        }),
        { seed: 4 },
      );
      expect(result.failure?.text).toBeUndefined();
      expect(log.slice(0, before).toSorted()).toEqual(["a up b", "a up c", "b up a", "b up c", "c up a", "c up b"]);
      expect(log.slice(before).toSorted()).toEqual(["a down b", "a up b", "b down a", "b up a"]);
    });
  },
);

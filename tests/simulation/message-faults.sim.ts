import {
  type Fault,
  insistedPrefixes,
  kindsOf,
  type Place,
  property,
  scenario,
  simulate,
  startNode,
} from "@espalier/testkit";
import { Heartbeat, Process, Remote, remote, type Cause, type Node, type NodeRef, type Pid, type Self } from "espalier";
import { describe, expect, test } from "vitest";

/** What came of everything that the three nodes do together. */
interface Outcome {
  readonly steps: string[];
  /** How the computation that travels ended. */
  end: string | null;
  /** What came of a transfer that its target cannot take. */
  refusal: string | null;
  /** The end of a heartbeat as another node hears of it. */
  told: Cause["type"] | null;
  /** The end of a heartbeat that failed on another node. */
  failed: Cause["type"] | null;
  /** What another node made of a function that was sent to it. */
  gift: number | null;
}

const expected: Outcome = {
  steps: ["b 1", "b 2", "c 3", "c 4", "home 5", "b 6"],
  end: "normal",
  refusal: "failure",
  told: "stopped",
  failed: "error",
  gift: 42,
};

const timing = { lease: { beat: "200ms", lease: "2s", delay: "100ms" } } as const;

/** Hears a number from home at each place, and says so. */
const travel = remote({}, function* (self: Self<number>, to: Pid<string>, home: NodeRef, b: NodeRef, c: NodeRef) {
  yield* Remote.transfer(b);
  yield* Process.send(to, `b ${yield* self.receive()}`);
  yield* Process.send(to, `b ${yield* self.receive()}`);
  yield* Remote.transfer(c);
  yield* Process.send(to, `c ${yield* self.receive()}`);
  yield* Process.send(to, `c ${yield* self.receive()}`);
  yield* Remote.transfer(home);
  yield* Process.send(to, `home ${yield* self.receive()}`);
  yield* Remote.transfer(b);
  yield* Process.send(to, `b ${yield* self.receive()}`);
});

const move = remote({}, function* (node: NodeRef) {
  yield* Remote.transfer(node);
  return 1;
});

const careful = remote({ move }, function* (b: NodeRef, c: NodeRef) {
  yield* Remote.transfer(b);
  const attempt = yield* Remote.attempt(move(c));
  return attempt.type;
});

const strike = remote({}, function* (node: NodeRef) {
  yield* Remote.transfer(node);
  throw new RangeError("Asteroid strike!!");
});

const gift = remote({}, function* () {
  yield* Process.sleep("1ms");
  return 42;
});

/** All of it at once, from `a`. */
async function act(
  place: Place,
  node: Node,
  outcome: Outcome,
  ofC: { watched: Heartbeat; scope: Heartbeat },
): Promise<void> {
  const [b, c] = [place.peer("b").ref, place.peer("c").ref];
  const failing = (error: unknown): void => place.tell(String(error));
  node
    .run(function* (self: Self<any>) {
      const teller = yield* Process.spawn(function* (own: Self<string>) {
        for (;;) outcome.steps.push(yield* own.receive());
      });
      const { pid } = yield* Process.spawnMonitor(travel, teller, place.ref, b, c);
      for (let n = 1; ; n += 1) {
        if (n <= 6) yield* Process.send(pid, n);
        const down = yield* self.receive({ within: 150, otherwise: null });
        if (down === null) continue;
        outcome.end = (down as { readonly cause: Cause }).cause.type;
        return;
      }
    })
    .catch(failing);
  node.run(careful(b, c)).then((type) => (outcome.refusal = type as string), failing);
  node
    .run(function* () {
      const ended = yield* Heartbeat.supervise(ofC.watched);
      outcome.told = (yield* ended).type;
    })
    .catch(failing);
  // Somebody who watches, and loses interest.
  node
    .run(function* () {
      const impatience = yield* Heartbeat.create("300ms");
      yield* Remote.attempt(
        Heartbeat.link(
          impatience,
          (function* () {
            const ended = yield* Heartbeat.supervise(ofC.scope);
            yield* ended;
          })(),
        ),
      );
    })
    .catch(failing);
  node.run(Heartbeat.link(ofC.scope, strike(b)) as never).catch(() => {});
  node
    .run(function* () {
      const shelf = yield* Process.whereisAt(c, "shelf");
      yield* Process.send(shelf as Pid<any>, gift);
    })
    .catch(failing);
}

/** Which messages went over a link, by kind, in one run. */
type Counts = Map<string, number>;

async function run(faults: readonly object[], seed: number) {
  const outcome: Outcome = { steps: [], end: null, refusal: null, told: null, failed: null, gift: null };
  const counts: Counts = new Map();
  const ofC = Promise.withResolvers<{ watched: Heartbeat; scope: Heartbeat }>();
  const result = await simulate(
    scenario<Node>("everything that nodes say to each other", {
      nodes: { a: {}, b: {}, c: {} },
      boot: async (place) => {
        const node = await startNode(counting(place, counts), timing);
        if (place.name === "c") {
          // A version that knows no such frames: it refuses what comes with one.
          node.kernel.markerMakers.delete("attempt");
          const watched = await node.run(Heartbeat.create("1h"));
          const scope = await node.run(Heartbeat.create("1h"));
          node
            .run(function* () {
              const ended = yield* Heartbeat.supervise(scope);
              outcome.failed = (yield* ended).type;
            })
            .catch(() => {});
          node
            .run(function* (self: Self<any>) {
              yield* Process.register("shelf");
              const given = yield* self.receive();
              outcome.gift = (yield* given()) as number;
            })
            .catch(() => {});
          place.host.clock.after(1_500, () => void node.run(Heartbeat.stop(watched)));
          ofC.resolve({ watched, scope });
        }
        if (place.name === "a")
          void ofC.promise.then((heartbeats) =>
            place.host.clock.after(100, () => void act(place, node, outcome, heartbeats)),
          );
        return node;
      },
      eventually: [
        property("everything came to what it comes to without faults", () => {
          const [is, should] = [JSON.stringify(outcome), JSON.stringify(expected)];
          return is === should ? null : `expected ${should}, got ${is}`;
        }),
        property<Node>("nothing is left of what nodes remember of each other", ({ nodes }) => {
          const left = nodes.flatMap(({ name, view }) => {
            const { homes, guests, leavers, forwarding } = view?.moving ?? {
              homes: 1,
              guests: 1,
              leavers: 1,
              forwarding: 1,
            };
            const live = (view?.records.heartbeats ?? 1) + homes + guests + leavers + forwarding;
            return live === 0 ? [] : [`${name} keeps ${JSON.stringify([view?.moving, view?.records])}`];
          });
          return left.length === 0 ? null : left.join("; ");
        }),
      ],
      budget: { virtualMs: 4_000, settleMs: 10_000 },
    }),
    { seed, crypto: "plain", faults: faults as readonly Fault[] },
  );
  return { result, counts };
}

/** The same place, where everything that is said is counted. */
function counting(place: Place, counts: Counts): Place {
  const intercept: Place["intercept"] = (sessions) => {
    const inner = place.intercept(sessions);
    return {
      get url() {
        return inner.url;
      },
      start: (events) => inner.start(events),
      connect: (peer) => inner.connect(peer),
      keep: (peer) => inner.keep(peer),
      release: (peer) => inner.release(peer),
      links: () => inner.links(),
      network: () => inner.network(),
      send: (peer, message) => {
        counts.set(message.type, (counts.get(message.type) ?? 0) + 1);
        return inner.send(peer, message);
      },
      disconnect: (peer, reason) => inner.disconnect(peer, reason),
      stop: () => inner.stop(),
    };
  };
  return new Proxy(place, {
    get: (target, key) => {
      const value: unknown = key === "intercept" ? intercept : Reflect.get(target, key, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

const links = ["a", "b", "c"].flatMap((from) => ["a", "b", "c"].filter((to) => to !== from).map((to) => [from, to]));

/** What is done to messages of a kind, on every link. */
const actions: Readonly<Record<string, object>> = {
  "lost, the first two": { type: "drop", count: 2 },
  "repeated, all": { type: "duplicate", count: 1_000 },
  "held back for long, the first two": { type: "hold", count: 2, holdMs: 700 },
  "held back for a while, every one": { type: "hold", count: 1_000, holdMs: 130 },
};

const onAllLinks = (fault: object): object[] => links.map((link) => ({ atMs: 0, link, ...fault }));

/** An end that comes twice is denied the second time: nothing else is, where nobody is declared lost. */
const toBeDenied = onAllLinks({ type: "duplicate", kind: "transfer.out", count: 1_000 });

const insisted = insistedPrefixes.flatMap((prefix) => kindsOf(prefix));

describe("what is said again until it is answered may go astray (S158)", () => {
  test("and all of it is said here, so that it can", async () => {
    const { result, counts } = await run(toBeDenied, 1);
    expect(result.failure?.text).toBeUndefined();
    expect(insisted.filter((kind) => !counts.has(kind))).toEqual([]);
  });

  test.each(insisted)("%s", async (kind) => {
    for (const [index, [what, action]] of Object.entries(actions).entries()) {
      const faults = onAllLinks({ ...action, kind });
      const { result } = await run(kind === "transfer.denied" ? [...faults, ...toBeDenied] : faults, 10 + index);
      expect(result.failure?.text, what).toBeUndefined();
      const bitten = result.faults.slice(0, links.length).filter(({ effective }) => effective > 0);
      expect(bitten.length, what).toBeGreaterThan(0);
    }
  });
});

/** The heartbeat of one node, for the other one. */
const hearts = Promise.withResolvers<Heartbeat>();

test("a registration that its own end overtook does not stand for ever (P19)", async () => {
  let asked = 0;
  const result = await simulate(
    scenario<Node>("somebody who lost interest", {
      nodes: { a: {}, c: {} },
      boot: async (place) => {
        const counts: Counts = new Map();
        const node = await startNode(counting(place, counts), timing);
        // Whoever has nobody registered, and is registered nowhere, asks for no pulse.
        if (place.name === "c") place.host.clock.after(5_000, () => (asked = -(counts.get("pulse.ask") ?? 0)));
        if (place.name === "c") place.host.clock.after(9_000, () => (asked += counts.get("pulse.ask") ?? 0));
        const { host } = place;
        if (place.name === "c") hearts.resolve(await node.run(Heartbeat.create("1h")));
        else {
          void hearts.promise.then((heartbeat) =>
            host.clock.after(100, () => {
              const watch = function* () {
                const ended = yield* Heartbeat.supervise(heartbeat);
                yield* ended;
              };
              const loseInterest = function* () {
                yield* Process.whereisAt(place.peer("c").ref, "nobody");
                const impatience = yield* Heartbeat.create("300ms");
                yield* Remote.attempt(Heartbeat.link(impatience, watch()));
              };
              node.run(loseInterest).catch(() => {});
            }),
          );
        }
        return node;
      },
      faults: [{ atMs: 0, type: "hold", link: ["a", "c"], kind: "heartbeat.watch", holdMs: 1_000 }],
      always: [property("never", () => null)],
      budget: { virtualMs: 10_000, settleMs: 1 },
    }),
    { seed: 1 },
  );
  expect(result.failure?.text).toBeUndefined();
  expect(asked).toBe(0);
});

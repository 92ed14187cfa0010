import type { Heartbeat, HeartbeatStatus } from "@espalier/heartbeat";
import { CompositeHeartbeat, evaluate, hasEnded, Heartbeats, homeOf, keyOf, LeafHeartbeat } from "@espalier/heartbeat";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

// Three nodes and the messages between them: in order between two nodes, in any order across pairs, some of them sent twice.
// `perform` and `receive` are the whole shell that a registry needs.

const names = ["a", "b", "c"] as const;
type Name = (typeof names)[number];

type Message =
  | { readonly type: "register"; readonly heartbeat: Heartbeat; readonly id: string }
  | { readonly type: "unregister"; readonly id: string }
  | { readonly type: "acknowledge"; readonly id: string }
  | { readonly type: "status"; readonly heartbeat: Heartbeat; readonly status: HeartbeatStatus; readonly id: string };

class Network {
  readonly nodes: Readonly<Record<Name, Heartbeats>>;
  /** What each registration of each node was told. */
  readonly told = new Map<string, HeartbeatStatus>();
  readonly #pipes = new Map<string, { readonly from: Name; readonly to: Name; readonly queue: Message[] }>();
  readonly #repeats: boolean;

  constructor(repeats: boolean) {
    const node = (name: Name) => new Heartbeats({ node: name, incarnation: "1" }, { rememberedMax: 100 });
    this.nodes = { a: node("a"), b: node("b"), c: node("c") };
    this.#repeats = repeats;
  }

  #send(from: Name, to: Name, message: Message): void {
    const pipe = this.#pipes.get(from + to) ?? { from, to, queue: [] };
    this.#pipes.set(from + to, pipe);
    pipe.queue.push(message);
    // An answer may be repeated at any time; what is not an answer goes with its session's order.
    if (this.#repeats && message.type === "status") pipe.queue.push(message);
  }

  /** Does what the registry of `name` asks for. */
  perform(name: Name): void {
    const node = this.nodes[name];
    for (const action of node.takeActions()) {
      const { heartbeat } = action;
      const home = homeOf(heartbeat).node as Name;
      switch (action.type) {
        case "watch":
          this.#send(name, home, { type: "register", heartbeat, id: keyOf(heartbeat) });
          break;
        case "unwatch":
          this.#send(name, home, { type: "unregister", id: keyOf(heartbeat) });
          break;
        case "tell": {
          const { id, status } = action;
          if (action.node !== name) this.#send(name, action.node as Name, { type: "status", heartbeat, status, id });
          else {
            expect(this.told.has(`${name} ${id}`)).toBe(false);
            this.told.set(`${name} ${id}`, status);
            expect(node.acknowledge(name, id)).toBe(true);
          }
        }
      }
    }
  }

  /** Delivers the oldest message of one pipe; false when all are empty. */
  receive(which: number): boolean {
    const waiting = [...this.#pipes.values()].filter(({ queue }) => queue.length > 0);
    const pipe = waiting[which % waiting.length];
    const message = pipe?.queue.shift();
    if (pipe === undefined || message === undefined) return false;
    const { from, to } = pipe;
    const node = this.nodes[to];
    switch (message.type) {
      case "register": {
        const { heartbeat, id } = message;
        node.register(heartbeat, from, id);
        const status = node.status(heartbeat, 0);
        if (!hasEnded(status)) this.#send(to, from, { type: "status", heartbeat, status, id });
        break;
      }
      case "unregister":
        node.unregister(from, message.id);
        break;
      case "acknowledge":
        node.acknowledge(from, message.id);
        break;
      case "status":
        node.learn(message.heartbeat, message.status, 0, 0);
        if (hasEnded(message.status)) this.#send(to, from, { type: "acknowledge", id: message.id });
    }
    this.perform(to);
    return true;
  }
}

type Step =
  | { readonly type: "end"; readonly which: number }
  | { readonly type: "endComposite"; readonly which: number }
  | { readonly type: "register" | "unregister"; readonly by: Name; readonly which: number; readonly id: string }
  | { readonly type: "receive"; readonly which: number };

const which = fc.nat({ max: 50 });
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    { weight: 2, arbitrary: fc.record({ type: fc.constant("end" as const), which }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant("endComposite" as const), which }) },
    {
      weight: 5,
      arbitrary: fc.record({
        type: fc.constant("register" as const),
        by: fc.constantFrom(...names),
        which,
        id: fc.constantFrom("1", "2", "3"),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        type: fc.constant("unregister" as const),
        by: fc.constantFrom(...names),
        which,
        id: fc.constantFrom("1", "2", "3"),
      }),
    },
    { weight: 12, arbitrary: fc.record({ type: fc.constant("receive" as const), which }) },
  ),
  { maxLength: 120 },
);

/** Expressions over six leaves, two on each node, and over the expressions before. */
const shapes = fc.array(
  fc.record({ combine: fc.constantFrom("both" as const, "either" as const), left: which, right: which }),
  {
    minLength: 1,
    maxLength: 6,
  },
);

describe("registries that talk to each other", () => {
  test("agree on every end and its cause, tell each once, and hold nothing afterwards (S55, S57, S58, P2, P6, P7, P10, P12, P19)", () => {
    fc.assert(
      fc.property(shapes, steps, fc.boolean(), (shapes, steps, repeats) => {
        const network = new Network(repeats);
        const { nodes } = network;
        const leaves = names.flatMap((name) => [nodes[name].create(Infinity, 0), nodes[name].create(Infinity, 0)]);
        const heartbeats: Heartbeat[] = [...leaves];
        for (const { combine, left, right } of shapes) {
          const [a, b] = [heartbeats[left % heartbeats.length], heartbeats[right % heartbeats.length]];
          heartbeats.push(new CompositeHeartbeat(combine, a as Heartbeat, b as Heartbeat));
        }
        const composites = heartbeats.slice(leaves.length);
        const homeNode = (heartbeat: Heartbeat) => nodes[homeOf(heartbeat).node as Name];

        /** What the homes recorded: the ends of leaves, and of composites that were ended themselves. */
        const recorded = new Map<string, HeartbeatStatus>();
        const truth = (heartbeat: Heartbeat) => evaluate(heartbeat, (part) => recorded.get(keyOf(part)) ?? live);
        const registered = new Map<string, Heartbeat>();
        const check = () => {
          for (const [key, status] of network.told) {
            const heartbeat = registered.get(key) as Heartbeat;
            expect(hasEnded(truth(heartbeat)), `${key} was told too much`).toBe(true);
            expect(status).toEqual(homeNode(heartbeat).status(heartbeat, 0));
          }
        };

        let count = 0;
        for (const step of steps) {
          if (step.type === "receive") network.receive(step.which);
          else if (step.type === "end" || step.type === "endComposite") {
            const from = step.type === "end" ? leaves : composites;
            const heartbeat = from[step.which % from.length] as Heartbeat;
            const home = homeNode(heartbeat);
            if (home.fail(heartbeat, { type: "exit", reason: (count += 1) }) === "accepted") {
              recorded.set(keyOf(heartbeat), home.status(heartbeat, 0));
            }
            network.perform(homeOf(heartbeat).node as Name);
          } else {
            const key = `${step.by} ${step.id}`;
            if (step.type === "unregister") {
              const stood = registered.has(key) && !network.told.has(key);
              expect(nodes[step.by].unregister(step.by, step.id)).toBe(stood);
              registered.delete(key);
              network.told.delete(key);
            } else if (!registered.has(key)) {
              const heartbeat = heartbeats[step.which % heartbeats.length] as Heartbeat;
              registered.set(key, heartbeat);
              nodes[step.by].register(heartbeat, step.by, step.id);
            }
            network.perform(step.by);
          }
          check();
        }

        // At rest everybody knows all there is to know …
        while (network.receive(0)) check();
        for (const [key, heartbeat] of registered) {
          expect(network.told.has(key), `${key} knows of ${heartbeat.toString()}`).toBe(hasEnded(truth(heartbeat)));
        }
        // … and after the last registration is gone nothing is held but what lives, or was ended while its parts live.
        for (const key of registered.keys()) {
          const [by, id] = key.split(" ") as [Name, string];
          nodes[by].unregister(by, id);
          network.perform(by);
        }
        while (network.receive(0));
        const endedAlone = composites.filter((composite) => recorded.has(keyOf(composite)));
        const needed = new Set(endedAlone.flatMap(parts).map(keyOf));
        for (const name of names) {
          for (const { heartbeat, decidedHere, status, registrations } of nodes[name].list(0)) {
            if (needed.has(keyOf(heartbeat))) continue;
            expect(registrations, `${name} tells of ${heartbeat.toString()}`).toEqual([]);
            const live = decidedHere && heartbeat instanceof LeafHeartbeat;
            expect(live || (decidedHere && hasEnded(status)), `${name} holds ${heartbeat.toString()}`).toBe(true);
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});

const live: HeartbeatStatus = { state: "live", remainingMs: Infinity, epoch: 0, version: 1 };

function parts(heartbeat: Heartbeat): readonly Heartbeat[] {
  if (heartbeat instanceof LeafHeartbeat) return [heartbeat];
  return [heartbeat, ...parts(heartbeat.left), ...parts(heartbeat.right)];
}

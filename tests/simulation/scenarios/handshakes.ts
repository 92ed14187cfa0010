import { properties, property, scenario, startNode, type Place, type Property, type Scenario } from "@espalier/testkit";
import { Nodes, Process, type LimitOptions, type LocalGenerator, type Node, type NodeRef, type Self } from "espalier";
import { timing } from "./conditions.ts";

/** What takes a day in the world takes two seconds here: static keys are replaced while peers still count on them, and sessions renew theirs. */
const limits: LimitOptions = { staticKeyMs: 2_000, renewMs: 300 };

interface Talker {
  readonly node: Node;
  /** What should not have happened. */
  readonly wrong: string[];
  /** The last number that came from each sender. */
  readonly heard: Map<string, number>;
  /** Numbers that senders of this node have had. */
  sent: number;
}

type Running = Place & { readonly app: Talker };

interface Note {
  readonly from: string;
  readonly number: number;
}

function* listen(self: Self<Note>, { heard, wrong }: Talker, listening: () => void): LocalGenerator<never> {
  yield* Process.register("listener");
  listening();
  for (;;) {
    const { from, number } = yield* self.receive();
    if (number <= (heard.get(from) ?? -1)) wrong.push(`${number} came from ${from} after ${heard.get(from)}`);
    heard.set(from, number);
  }
}

async function boot(place: Place): Promise<Talker> {
  const node = await startNode(place, { ...timing, limits });
  const talker: Talker = { node, wrong: [], heard: new Map(), sent: 0 };
  node.events.subscribe((event) => {
    if (event.type === "handshake.done") place.mark(event.pattern);
    if (event.type === "connection.down" && /did not seal|too old|protocol has none/.test(event.reason)) {
      talker.wrong.push(`the connection with ${event.node} is down: ${event.reason}`);
    }
  });
  await new Promise<void>((resolve, reject) => {
    node.run(listen as never, talker, resolve).catch(reject);
  });
  return talker;
}

const nothingWrong: Property<Talker> = property(
  "whoever wants to meet does, no session is lost by what it does with keys, and what goes over it keeps its order (R-401)",
  ({ nodes }) => {
    for (const { name, seen } of nodes) if (seen !== null && seen.wrong.length > 0) return `${name}: ${seen.wrong[0]}`;
    return null;
  },
);

const other = ({ name, peers }: Running, rng: { pick<T>(from: readonly T[]): T }): NodeRef =>
  rng.pick(peers.filter((peer) => peer.name !== name)).ref;

function* say(_self: Self<never>, { sent }: Talker, from: string, to: NodeRef, count: number): LocalGenerator<void> {
  for (let n = 0; n < count; n += 1) {
    yield* Process.send({ name: "listener", node: to }, { from, number: sent + n } as never);
    yield* Process.sleep(7);
  }
}

/** Three nodes that part and meet again, often both at once, and nothing that is in their way. */
export const partingAndMeeting: Scenario<Talker> = scenario<Talker>("handshakes of nodes that part and meet again", {
  nodes: { a: {}, b: {}, c: {} },
  boot,
  workload: (w) => {
    w.op("say", { count: 30 }, async ({ node, rng }) => {
      const { app } = node;
      const from = app.sent;
      app.sent += 50;
      await app.node.run(
        say as never,
        { ...app, sent: from },
        `${node.name} ${from}`,
        other(node, rng),
        1 + (from % 40),
      );
    });
    w.op("meet", { count: 30 }, async ({ node, rng }) => {
      const peer = other(node, rng);
      const isThere = await node.app.node.run(Nodes.connect(peer));
      if (!isThere) node.app.wrong.push(`no connection with ${peer.id}`);
      for (const { renewals } of node.app.node.inspect().links) if (renewals > 0) node.mark("renewed");
    });
    w.op("part", { count: 20 }, async ({ node, rng }) => {
      await node.app.node.run(Nodes.disconnect(other(node, rng)));
    });
  },
  always: [nothingWrong, properties.noUnhandledRejection],
  sometimes: ["XX", "IK", "renewed"],
  budget: { virtualMs: 5_000, settleMs: 60_000 },
  module: import.meta.url,
});

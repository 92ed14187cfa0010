import {
  OpUnknownError,
  properties,
  property,
  scenario,
  startNode,
  type Place,
  type Property,
  type Scenario,
} from "@espalier/testkit";
import {
  Nodes,
  Process,
  type LocalGenerator,
  type Node,
  type NodeDown,
  type NodeRef,
  type NodeUp,
  type Self,
} from "espalier";
import { everything, timing } from "./conditions.ts";

/** What a watcher got, in the order of its mailbox. */
type Entry =
  | {
      readonly type: "nodeup" | "nodedown";
      readonly node: string;
      readonly incarnation: string;
      readonly listed: boolean;
    }
  /** A message that `node` sent in the life `incarnation`. */
  | { readonly type: "note"; readonly node: string; readonly incarnation: string };

interface Lookout {
  readonly node: Node;
  /** One log for each life of a process that subscribed. */
  readonly log: Entry[];
  /** How often each call of `Nodes.monitorNode` was answered. */
  readonly answers: number[];
}

type Running = Place & { readonly app: Lookout };

function* watch(self: Self<any>, { node, log }: Lookout, watching: () => void): LocalGenerator<void> {
  const map = (message: NodeUp | NodeDown): Entry => ({
    type: message.type,
    node: message.node.id,
    incarnation: message.incarnation as string,
    listed: node.inspect().peers.includes(message.node.id),
  });
  yield* Nodes.monitor({ map });
  yield* Process.register("watcher");
  watching();
  for (;;) log.push(yield* self.receive());
}

async function boot(place: Place): Promise<Lookout> {
  const node = await startNode(place, { ...timing, netTicktime: "2s" });
  const lookout: Lookout = { node, log: [], answers: [] };
  await new Promise<void>((resolve, reject) => {
    node.run(watch, lookout, resolve).catch(reject);
  });
  return lookout;
}

/** Sends notes to the watcher of `to`, as long as there is a way. */
function* send(_self: Self<never>, node: Node, to: NodeRef, count: number): LocalGenerator<void> {
  const watcher = yield* Process.whereisAt(to, "watcher");
  if (watcher === undefined) return;
  const note: Entry = { type: "note", node: node.ref.id, incarnation: node.incarnation };
  for (let n = 0; n < count; n += 1) yield* Process.send(watcher, note as never);
}

const logsOf = ({ nodes }: { readonly nodes: readonly { readonly seen: Lookout | null }[] }): readonly Lookout[] =>
  nodes.flatMap(({ seen }) => (seen === null ? [] : [seen]));

const inOrder: Property<Lookout> = property(
  "of each node a nodeup comes before everything of its connection, and its nodedown after that and before the next (R-405, R-406)",
  (cluster) => {
    for (const { log } of logsOf(cluster)) {
      const connected = new Map<string, string>();
      for (const { type, node, incarnation, ...entry } of log) {
        const up = connected.get(node);
        if (type === "nodeup" ? up !== undefined : up !== incarnation) {
          return `${type} of ${node} in ${incarnation} while ${up === undefined ? "it was down" : `it was up in ${up}`}`;
        }
        if (type === "nodeup") connected.set(node, incarnation);
        else if (type === "nodedown") connected.delete(node);
        if ("listed" in entry && entry.listed !== (type === "nodeup"))
          return `${type} of ${node}, and the list says otherwise`;
      }
    }
    return null;
  },
);

const answeredOnce: Property<Lookout> = property(
  "each time that a node is monitored gives one nodedown at most (R-1306)",
  (cluster) => {
    const tooOften = logsOf(cluster).some(({ answers }) => answers.some((count) => count > 1));
    return tooOften ? "one gave two" : null;
  },
);

/** What is up at the end is what the last message about it says. */
const upToDate: Property<Lookout> = property("what processes were told last is how it is (R-405)", (cluster) => {
  for (const { node, log } of logsOf(cluster)) {
    const connected = new Set<string>();
    for (const { type, node: id } of log) {
      if (type === "nodeup") connected.add(id);
      else if (type === "nodedown") connected.delete(id);
    }
    const { peers } = node.inspect();
    if (peers.length !== connected.size || !peers.every((id) => connected.has(id))) {
      return `connected with ${peers.join(", ") || "nobody"}; told ${[...connected].join(", ") || "nobody"}`;
    }
  }
  return null;
});

function nodeMonitors(name: string, faults: Scenario<Lookout>["faults"]): Scenario<Lookout> {
  const unknown = (error: unknown): never => {
    throw new OpUnknownError(String(error));
  };
  const other = (node: Running, rng: { pick<T>(from: readonly T[]): T }): NodeRef =>
    rng.pick(node.peers.filter(({ name: peer }) => peer !== node.name)).ref;
  return scenario<Lookout>(`node monitors ${name}`, {
    nodes: { a: {}, b: {}, c: {} },
    boot,
    workload: (w) => {
      w.op("send", { count: 60 }, async ({ node, rng }) => {
        const { app } = node;
        await app.node.run(send, app.node, other(node, rng), rng.pick([1, 2, 5])).catch(unknown);
      });
      w.op("connect", { count: 20 }, async ({ node, rng }) => {
        await node.app.node.run(Nodes.connect(other(node, rng))).catch(unknown);
      });
      w.op("disconnect", { count: 15 }, async ({ node, rng }) => {
        if (await node.app.node.run(Nodes.disconnect(other(node, rng))).catch(unknown)) node.mark("disconnected");
      });
      w.op("monitor", { count: 20 }, ({ node, rng }) => {
        const { answers, node: running } = node.app;
        const index = answers.push(0) - 1;
        const map = (): void => {
          answers[index] = (answers[index] ?? 0) + 1;
          node.mark("answered");
        };
        const ref = other(node, rng);
        const waiting = function* (self: Self<any>): LocalGenerator<void> {
          yield* Nodes.monitorNode(ref, { map });
          yield* self.receive({ within: "30s", otherwise: null });
        };
        running.run(waiting).catch(() => {});
      });
    },
    faults,
    always: [inOrder, answeredOnce, properties.noUnhandledRejection],
    eventually: [upToDate],
    sometimes: ["node.up", "node.down", "disconnected", "answered"],
    budget: { virtualMs: 8_000, settleMs: 60_000 },
    module: import.meta.url,
  });
}

export const underEverything: Scenario<Lookout> = nodeMonitors("under all faults", everything);

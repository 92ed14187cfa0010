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
import { Process, type Down, type Exit, type Node, type Pid, type Self } from "espalier";
import { allButCrashes, everything, timing } from "./conditions.ts";

/** What a puppet has heard of one that it was linked to, or monitors. */
interface Heard {
  readonly of: string;
  readonly type: "EXIT" | "DOWN";
}

interface Puppet {
  readonly pid: Pid<any>;
  readonly heard: Heard[];
  /** With whom it may be linked: each at most once. */
  readonly linked: Set<string>;
  /** Whom it has unlinked before anybody ended. */
  readonly unlinked: Set<string>;
}

interface Theatre {
  readonly node: Node;
  readonly puppets: Puppet[];
  /** Those elsewhere that it has heard of. */
  readonly others: Pid<any>[];
}

type Running = Place & { readonly app: Theatre };

async function boot(place: Place): Promise<Theatre> {
  const node = await startNode(place, timing);
  const theatre: Theatre = { node, puppets: [], others: [] };
  await new Promise<void>((resolve, reject) => {
    const keep = function* (self: Self<Pid<any>>) {
      yield* Process.register("bill");
      resolve();
      for (;;) theatre.others.push(yield* self.receive());
    };
    node.run(keep).catch(reject);
  });
  return theatre;
}

/** A process that traps exits, does what it is sent, and keeps what it hears. */
function* live(self: Self<any>, heard: Heard[]) {
  yield* self.trapExit();
  for (;;) {
    const message = (yield* self.receive()) as (() => any) | Exit | Down;
    if (typeof message === "function") yield* message();
    else
      heard.push({
        type: message.type,
        of: message.type === "EXIT" ? message.from.key : (message.process as Pid).toString(),
      });
  }
}

function tell({ app, peers, name }: Running, pid: Pid<any>): void {
  for (const { ref, name: other } of peers) {
    if (other === name) continue;
    const announce = function* () {
      const bill = yield* Process.whereisAt(ref, "bill");
      if (bill !== undefined) yield* Process.send(bill, pid as never);
    };
    app.node.run(announce).catch(() => {});
  }
}

const puppetsOf = ({ nodes }: { readonly nodes: readonly { readonly seen: Theatre | null }[] }): readonly Puppet[] =>
  nodes.flatMap(({ seen }) => seen?.puppets ?? []);

/** Each pair is linked once at most, so each hears of the other's end once at most; and not at all after it has unlinked. */
const oneExitEach: Property<Theatre> = property(
  "one end is heard of once, and not after an unlink (P20, P21)",
  (cluster) => {
    for (const { pid, heard, unlinked } of puppetsOf(cluster)) {
      const exits = heard.filter(({ type }) => type === "EXIT").map(({ of }) => of);
      const twice = exits.find((of, index) => exits.indexOf(of) !== index);
      if (twice !== undefined) return `${pid.toString()} heard twice of the end of ${twice}`;
      const after = exits.find((of) => unlinked.has(of));
      if (after !== undefined) return `${pid.toString()} heard of the end of ${after}, which it had unlinked`;
    }
    return null;
  },
);

/** @param isMutual whether both of a pair may link and unlink, again and again. */
function links(name: string, faults: Scenario<Theatre>["faults"], isMutual: boolean = false): Scenario<Theatre> {
  const perform = (node: Running, puppet: Puppet, operation: () => any): void => {
    node.app.node.run(Process.send(puppet.pid, operation)).catch((error: unknown) => {
      throw new OpUnknownError(String(error));
    });
  };
  return scenario<Theatre>(`links ${name}`, {
    nodes: { a: {}, b: {}, c: {} },
    boot,
    workload: (w) => {
      w.op("spawn", { count: isMutual ? 6 : 14 }, ({ node }) => {
        const { kernel } = node.app.node;
        const heard: Heard[] = [];
        const { pid } = kernel.spawn(kernel.root, live, [heard]);
        node.app.puppets.push({ pid, heard, linked: new Set(), unlinked: new Set() });
        tell(node, pid);
      });
      w.op("link", { count: isMutual ? 60 : 40 }, ({ node, rng }) => {
        const { puppets, others } = node.app;
        if (puppets.length === 0 || others.length === 0) return;
        const [puppet, other] = [rng.pick(puppets), rng.pick(others)];
        // Each pair is linked by one of the two, and once.
        if (!isMutual && (puppet.linked.has(other.key) || puppet.pid.key > other.key)) return;
        puppet.linked.add(other.key);
        node.mark("linked");
        perform(node, puppet, () => Process.link(other));
      });
      w.op("unlink", { count: isMutual ? 40 : 10 }, ({ node, rng }) => {
        const { puppets } = node.app;
        const linking = puppets.filter(({ linked }) => linked.size > 0);
        if (linking.length === 0) return;
        const puppet = rng.pick(linking);
        const key = rng.pick([...puppet.linked]);
        const other = node.app.others.find((pid) => pid.key === key);
        if (other === undefined) return;
        perform(node, puppet, function* () {
          yield* Process.unlink(other);
          if (!puppet.heard.some(({ of }) => of === key)) puppet.unlinked.add(key);
          node.mark("unlinked");
        });
      });
      w.op("monitor", { count: 16 }, ({ node, rng }) => {
        const { puppets, others } = node.app;
        if (puppets.length === 0 || others.length === 0) return;
        const other = rng.pick(others);
        perform(node, rng.pick(puppets), () => Process.monitor(other));
      });
      w.op("end", { count: isMutual ? 3 : 8 }, ({ node, rng }) => {
        const { puppets } = node.app;
        if (puppets.length === 0) return;
        const { pid } = rng.pick(puppets);
        node.app.node.run(Process.exit(pid, { type: "kill" })).catch(() => {});
      });
    },
    faults,
    always: [
      ...(isMutual ? [] : [oneExitEach]),
      properties.oneVerdict,
      properties.absorbing,
      properties.noUnhandledRejection,
    ],
    eventually: [
      properties.linkedBothWays,
      properties.everySupervisorTold,
      properties.mapsBounded(),
      properties.noOrphans,
    ],
    sometimes: ["linked", "unlinked", "down", "node.down"],
    budget: { virtualMs: 6_000, settleMs: 60_000 },
    module: import.meta.url,
  });
}

export const underEverything: Scenario<Theatre> = links("under all faults", everything);
export const withoutCrashes: Scenario<Theatre> = links("under all faults but crashes", allButCrashes);
/** Links and unlinks of the same two that cross each other. */
export const crossing: Scenario<Theatre> = links("that cross", allButCrashes, true);

import { faults, property, scenario, startNode, type Place, type Property, type Scenario } from "@espalier/testkit";
import { Global, Group, Nodes, Process, type LocalGenerator, type Node, type Pid, type Self } from "espalier";

const groups = ["red", "green", "blue"] as const;
const names = ["king", "queen"] as const;

/** A process, and what it should be known by. */
interface Puppet {
  readonly pid: Pid<any>;
  /** How often it has joined each group. */
  readonly joined: Map<string, number>;
  name: string | null;
}

interface Town {
  readonly node: Node;
  readonly puppets: Puppet[];
  /** What the node knew when it last looked: members by group, and who has each name. */
  members: ReadonlyMap<string, readonly string[]>;
  holders: ReadonlyMap<string, string | null>;
  peers: number;
}

type Running = Place & { readonly app: Town };

function* idle(self: Self<any>): LocalGenerator<void> {
  for (;;) yield* self.receive();
}

/** Looks again and again what the node knows, and connects it with the others. */
function* look(_self: unknown, town: Town, place: Place): LocalGenerator<void> {
  for (;;) {
    const members = new Map<string, readonly string[]>();
    for (const group of groups) members.set(group, (yield* Group.members(group)).map(({ key }) => key).sort());
    const holders = new Map<string, string | null>();
    for (const name of names) holders.set(name, (yield* Global.whereis<any>(name))?.key ?? null);
    town.members = members;
    town.holders = holders;
    town.peers = (yield* Nodes.list()).length;
    for (const { ref, name } of place.peers) if (name !== place.name) yield* Nodes.connect(ref);
    yield* Process.sleep("100ms");
  }
}

async function boot(place: Place): Promise<Town> {
  const node = await startNode(place, { lease: { beat: "200ms", lease: "1s", delay: "100ms" } });
  const town: Town = { node, puppets: [], members: new Map(), holders: new Map(), peers: 0 };
  await node.run(function* () {
    yield* Group.start();
    yield* Global.start();
    yield* Process.spawn(look, town, place);
  });
  return town;
}

function isAlive({ app: { node } }: Running, { pid }: Puppet): boolean {
  return node.kernel.find(pid)?.alive === true;
}

interface Seen {
  readonly nodes: readonly { readonly name: string; readonly seen: Town | null }[];
}

const townsOf = ({ nodes }: Seen): readonly Town[] => nodes.flatMap(({ seen }) => (seen === null ? [] : [seen]));

function livingOf(towns: readonly Town[]): readonly Puppet[] {
  return towns.flatMap(({ node, puppets }) => puppets.filter(({ pid }) => node.kernel.find(pid)?.alive === true));
}

/** Every node sees every living member, as often as it has joined, and nobody else (R-1103 to R-1108, R-1112). */
const groupsAgree: Property<Town> = property("every node sees the same members (R-1107, R-1108)", (cluster) => {
  const towns = townsOf(cluster);
  for (const group of groups) {
    const expected = livingOf(towns)
      .flatMap(({ pid, joined }) => Array.from({ length: joined.get(group) ?? 0 }, () => pid.key))
      .sort();
    for (const { members, peers, node } of towns) {
      if (peers < towns.length - 1) return `${node.ref.id.slice(0, 8)} is not connected with all others`;
      const found = members.get(group) ?? [];
      if (found.join() !== expected.join()) {
        return `${node.ref.id.slice(0, 8)} sees in ${group} ${found.length}, expected ${expected.length}`;
      }
    }
  }
  return null;
});

/** A living process that was given a name has it, on every node, and it alone (R-1320, R-1321). */
const namesAgree: Property<Town> = property(
  "every name has one owner, and no owner lost it (R-1320, R-1321)",
  (cluster) => {
    const towns = townsOf(cluster);
    for (const name of names) {
      const owners = livingOf(towns).filter((puppet) => puppet.name === name);
      if (owners.length > 1) return `${name} is ${owners.map(({ pid }) => pid.toString()).join(" and ")}`;
      for (const { holders, node } of towns) {
        const holder = holders.get(name) ?? null;
        const expected = owners[0]?.pid.key ?? null;
        if (holder !== expected) return `${node.ref.id.slice(0, 8)} knows as ${name} ${holder}, expected ${expected}`;
      }
    }
    return null;
  },
);

function towns(name: string, faulty: Scenario<Town>["faults"]): Scenario<Town> {
  return scenario<Town>(`groups and names ${name}`, {
    nodes: { a: {}, b: {}, c: {} },
    boot,
    workload: (w) => {
      w.op("spawn", { count: 10 }, ({ node }) => {
        const { kernel } = node.app.node;
        const { pid } = kernel.spawn(kernel.root, idle, []);
        node.app.puppets.push({ pid, joined: new Map(), name: null });
      });
      w.op("join", { count: 40 }, async ({ node, rng }) => {
        const living = node.app.puppets.filter((puppet) => isAlive(node, puppet));
        if (living.length === 0) return;
        const [puppet, group] = [rng.pick(living), rng.pick(groups)];
        await node.app.node.run(Group.join(group, puppet.pid));
        puppet.joined.set(group, (puppet.joined.get(group) ?? 0) + 1);
        node.mark("joined");
      });
      w.op("leave", { count: 25 }, async ({ node, rng }) => {
        const joined = node.app.puppets.filter((puppet) => puppet.joined.size > 0 && isAlive(node, puppet));
        if (joined.length === 0) return;
        const puppet = rng.pick(joined);
        const group = rng.pick([...puppet.joined.keys()]);
        const left = await node.app.node.run(Group.leave(group, puppet.pid));
        if (left === "ok") puppet.joined.set(group, (puppet.joined.get(group) as number) - 1);
        node.mark("left");
      });
      w.op("register", { count: 12 }, async ({ node, rng }) => {
        const living = node.app.puppets.filter((puppet) => puppet.name === null && isAlive(node, puppet));
        if (living.length === 0) return;
        const [puppet, wanted] = [rng.pick(living), rng.pick(names)];
        puppet.name = "";
        const given = await node.app.node.run(Global.register(wanted, puppet.pid));
        puppet.name = given ? wanted : null;
        if (given) node.mark("registered");
      });
      w.op("end", { count: 6 }, async ({ node, rng }) => {
        const living = node.app.puppets.filter((puppet) => isAlive(node, puppet));
        if (living.length > 0) await node.app.node.run(Process.kill(rng.pick(living).pid));
      });
    },
    faults: faulty,
    eventually: [groupsAgree, namesAgree],
    sometimes: ["joined", "left", "registered", "node.down"],
    budget: { virtualMs: 6_000, settleMs: 60_000 },
    module: import.meta.url,
  });
}

/** Links break, and nodes crash and come back. */
export const underFaults: Scenario<Town> = towns(
  "under faults",
  faults.swarm([
    faults.cut({ countMax: 6 }),
    faults.partition({ lastsMaxMs: 3_000 }),
    faults.crash({ lastsMaxMs: 2_000 }),
  ]),
);

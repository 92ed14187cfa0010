import {
  faults,
  OpUnknownError,
  properties,
  property,
  scenario,
  type FaultFamily,
  type Place,
  type Property,
  type Scenario,
} from "@espalier/testkit";
import {
  Container,
  createIdentity,
  Identity,
  NodeRef,
  Process,
  type LocalGenerator,
  type Node,
  type NodeId,
  type Self,
} from "espalier";
import { timing } from "./conditions.ts";

/** Each machine has a container with three nodes: `m0`, `m1` and `m2` live on `m`. */
const machines = ["m", "n"] as const;
const seats = ["0", "1", "2"] as const;

/** A node that is to be in its container at any time, but for when somebody stops it. */
interface Resident {
  readonly name: string;
  readonly machine: string;
  readonly identity: Identity;
  readonly ref: NodeRef;
}

interface Note {
  /** Whom it is for, whose it is, in which life, and how many came before it. */
  readonly to: NodeId;
  readonly from: NodeId;
  readonly life: string;
  readonly number: number;
}

interface Hosting {
  readonly container: Container;
  /** What must never happen, and did. */
  readonly wrong: string[];
  /** When a note came last, by `from > to`. */
  readonly heardMs: Map<string, number>;
}

type Running = Place & { readonly app: Hosting };

function residentsOf(place: Place): readonly Resident[] {
  return machines.flatMap((machine, at) =>
    seats.map((seat, index) => {
      // The same wherever it is computed, and in each life of a machine.
      const identity = new Identity(place.host.crypto, new Uint8Array(32).fill(1 + at * seats.length + index));
      const ref = new NodeRef(identity.id, place.peer(machine).ref.address);
      return { name: `${machine}${seat}`, machine, identity, ref };
    }),
  );
}

/** Whether the two let each other in: all do, but for a `0` and a `2`, wherever they live. To live together is no admission. */
function meet(one: string, other: string): boolean {
  return one[1] === other[1] || one.endsWith("1") || other.endsWith("1");
}

function* inbox(
  self: Self<Note>,
  own: Resident,
  residents: readonly Resident[],
  app: Hosting,
  now: () => number,
): LocalGenerator<never> {
  yield* Process.register("inbox");
  const last = new Map<string, number>();
  for (;;) {
    const { to, from, life, number } = yield* self.receive();
    const sender = residents.find(({ identity }) => identity.id === from);
    const key = `${from} ${life}`;
    if (to !== own.identity.id) app.wrong.push(`${own.name} got a note for ${to}`);
    if (sender === undefined || !meet(own.name, sender.name))
      app.wrong.push(`${own.name} got a note of ${sender?.name ?? from}`);
    if (number <= (last.get(key) ?? 0)) app.wrong.push(`${own.name} got ${number} of ${from} after ${last.get(key)}`);
    last.set(key, number);
    if (sender !== undefined) app.heardMs.set(`${sender.name} > ${own.name}`, now());
  }
}

/** Says something to everybody, all the time. */
function* beacon(_self: Self<never>, from: NodeId, life: string, to: readonly NodeRef[]): LocalGenerator<never> {
  for (let number = 1; ; number += 1) {
    for (const node of to) yield* Process.send({ name: "inbox", node }, { to: node.id, from, life, number });
    yield* Process.sleep("400ms");
  }
}

function settle(node: Node, own: Resident, residents: readonly Resident[], app: Hosting, place: Place): void {
  const { kernel } = node;
  const others = residents.filter((other) => other !== own).map(({ ref }) => ref);
  kernel.spawn(kernel.root, inbox as never, [own, residents, app, () => place.nowMs]);
  kernel.spawn(kernel.root, beacon as never, [own.identity.id, node.incarnation, others]);
}

async function create(
  own: Resident,
  residents: readonly Resident[],
  app: Hosting,
  place: Place,
  steady: boolean,
): Promise<void> {
  const allow = residents
    .filter((other) => other !== own && meet(own.name, other.name))
    .map(({ identity }) => identity.id);
  const { name, identity } = own;
  const node = await app.container.create({ name, identity, allow, ...timing, netTicktime: "1s" });
  if (steady && !name.endsWith("1")) {
    const steadyIds = residents.filter((other) => !other.name.endsWith("1")).map(({ identity: { id } }) => id);
    node.events.subscribe((event) => {
      if (event.type === "node.down" && steadyIds.includes(event.node)) {
        app.wrong.push(`${name} lost the connection with ${event.node}, which nobody touched: ${event.reason}`);
      }
    });
  }
  settle(node, own, residents, app, place);
}

async function boot(place: Place, steady: boolean): Promise<Hosting> {
  const container = await Container.start({ host: place.host, listen: place.url, logger: place.logger });
  container.events.subscribe((event) => {
    place.mark(event.type);
    if (event.type === "container.status") place.mark(`container.${event.to}`);
  });
  const app: Hosting = { container, wrong: [], heardMs: new Map() };
  const residents = residentsOf(place);
  const own = residents.filter(({ machine }) => machine === place.name);
  await Promise.all(own.map((resident) => create(resident, residents, app, place, steady)));
  return app;
}

const nothingWrong: Property<Hosting> = property(
  "a message reaches the node that it names, once, in order, if that lets its sender in",
  ({ nodes }) => {
    for (const { name, seen } of nodes) if (seen !== null && seen.wrong.length > 0) return `${name}: ${seen.wrong[0]}`;
    return null;
  },
);

/** Each pair of which the one lets the other in has heard of each other lately. */
const allHear: Property<Hosting> = property("everybody who is let in gets through", ({ nodes, nowMs }) => {
  for (const { name, seen } of nodes) {
    if (seen === null) continue;
    for (const from of machines.flatMap((machine) => seats.map((seat) => `${machine}${seat}`))) {
      for (const to of seats.map((seat) => `${name}${seat}`)) {
        if (from === to || !meet(from, to)) continue;
        const heardMs = seen.heardMs.get(`${from} > ${to}`) ?? -Infinity;
        if (nowMs - heardMs > 1_500) return `${to} has not heard ${from} since ${heardMs} ms`;
      }
    }
  }
  return null;
});

/** What a container keeps is what lives there. */
const nothingLeft: Property<Hosting> = property("containers keep what lives there, and nothing else", ({ nodes }) => {
  for (const { name, seen } of nodes) {
    if (seen === null) continue;
    const { nodes: residents, pipes } = seen.container.inspect();
    const stands = residents.map((resident) => `${resident.name} ${resident.status}`).sort();
    const expected = seats.map((seat) => `${name}${seat} active`);
    if (stands.join() !== expected.join()) return `${name}: expected ${expected.join(", ")}; got ${stands.join(", ")}`;
    if (pipes.halfOpen > 0) return `${name}: ${pipes.halfOpen} pipes that no node has taken`;
  }
  return null;
});

/** Somebody else was quicker, or its machine went away: what became of it is seen by the properties. */
function unknown(error: unknown): never {
  throw new OpUnknownError(String(error));
}

interface Variant {
  readonly faults: FaultFamily;
  /** Nothing is done to the connections of those that nobody stops. */
  readonly steady: boolean;
  readonly sometimes: readonly string[];
}

function containers(name: string, { faults, steady, sometimes }: Variant): Scenario<Hosting> {
  const changing = (node: Running): Resident =>
    residentsOf(node).find((resident) => resident.name === `${node.name}1`) as Resident;
  return scenario<Hosting>(name, {
    nodes: { m: {}, n: {} },
    boot: (place) => boot(place, steady),
    workload: (w) => {
      w.op("replace", { count: 6 }, async ({ node }) => {
        const own = changing(node);
        await node.app.container.stop(own.identity.id).catch(unknown);
        await create(own, residentsOf(node), node.app, node, steady).catch(unknown);
        node.mark("replaced");
      });
      w.op("nap", { count: 6 }, async ({ node, rng }) => {
        const own = changing(node);
        const { container } = node.app;
        await container.sleep(own.identity.id).catch(unknown);
        await new Promise<void>((resolve) => void node.host.clock.after(rng.pick([1, 100, 700]), resolve));
        const slept = container.get(own.identity.id) === undefined;
        const woken = await container.wake(own.identity.id).catch(unknown);
        if (!slept) return;
        settle(woken, own, residentsOf(node), node.app, node);
        node.mark("napped");
      });
      w.op("visit", { count: 3 }, async ({ node }) => {
        const residents = residentsOf(node);
        const visitor = await node.app.container.create({ identity: createIdentity(node.host), ...timing });
        visitor.kernel.spawn(visitor.kernel.root, beacon as never, [
          visitor.ref.id,
          visitor.incarnation,
          residents.map(({ ref }) => ref),
        ]);
        await new Promise<void>((resolve) => void node.host.clock.after(400, resolve));
        await visitor.stop();
      });
    },
    faults,
    always: [nothingWrong, properties.noUnhandledRejection],
    eventually: [allHear, nothingLeft],
    sometimes,
    budget: { virtualMs: 3_000, settleMs: 15_000 },
    module: import.meta.url,
  });
}

const lastsMaxMs = 1_500;

/** Machines crash, pipes break, and somebody on the line changes frames. */
export const underFaults: Scenario<Hosting> = containers("containers under faults", {
  faults: faults.swarm([
    faults.crash({ lastsMaxMs }),
    faults.cut({ countMax: 6 }),
    faults.stall({ lastsMaxMs }),
    faults.lostTail({ lastsMaxMs }),
    faults.partition({ lastsMaxMs }),
    faults.links({ lastsMaxMs }),
    faults.refuse({ lastsMaxMs }),
    faults.adversary(),
  ]),
  steady: false,
  sometimes: ["container.created", "container.stopped", "container.asleep", "container.refused", "replaced", "napped"],
});

/** Nodes come and go and sleep, and nobody else notices: not those on the same machine, nor those elsewhere. */
export const sideBySide: Scenario<Hosting> = containers("containers whose nodes come and go", {
  faults: () => [],
  steady: true,
  sometimes: ["container.asleep", "container.idle", "replaced", "napped"],
});

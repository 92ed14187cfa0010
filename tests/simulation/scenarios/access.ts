import { properties, property, scenario, type Place, type Property, type Scenario } from "@espalier/testkit";
import { Node, type NodeRef, Process, Remote, remote, type Self } from "espalier";
import { everything, timing } from "./conditions.ts";

/** A node that changes its mind about whom it lets in. */
interface Guard {
  readonly node: Node;
  /** Steps that computations of others have taken here, by the node whose they are. */
  readonly steps: Map<string, number>;
  /** Steps that should not have been taken, for people. */
  readonly violations: string[];
  /** Computations of this node that were sent round: whether they have come to an end, whatever it was. */
  readonly rounds: { over: boolean }[];
}

type Running = Place & { readonly app: Guard };

async function boot(place: Place): Promise<Guard> {
  // One of them does not let another in, and connects to it all the same.
  const listed = place.peers.filter(({ name }) => name !== place.name && !(place.name === "c" && name === "a"));
  const { host, identity, url, logger, intercept } = place;
  const allow = listed.map(({ ref }) => ref.id);
  const node = await Node.start({ ...timing, host, identity, listen: url, allow, logger, intercept });
  place.attach(node);
  const guard: Guard = { node, steps: new Map(), violations: [], rounds: [] };
  node.events.subscribe((event) => {
    if (event.type !== "guest.acting") return;
    const { id } = event.pid.address;
    guard.steps.set(id, (guard.steps.get(id) ?? 0) + 1);
    if (!node.access.isAllowed(id)) guard.violations.push(`${event.pid.toString()} takes a step`);
  });
  return guard;
}

const child = remote({}, function* (_self: Self<never>) {
  for (let n = 0; n < 40; n = n + 1) yield* Process.sleep(50);
});

const roving = remote({ child }, function* (_self: Self<never>, nodes: readonly NodeRef[]) {
  for (const node of nodes) {
    try {
      yield* Remote.transfer(node);
    } catch {
      // It was not taken, and goes on where it is.
    }
    yield* Process.spawn(child);
    for (let n = 0; n < 5; n = n + 1) yield* Process.sleep(40);
  }
});

/** What the node does for `id`, in its own processes. */
function startedFor({ kernel }: Node, id: string): number {
  return (
    kernel.behalf.started(id).length + [...kernel.guests.values()].filter(({ pid }) => pid.address.id === id).length
  );
}

const guardsOf = ({ nodes }: { readonly nodes: readonly { readonly seen: Guard | null }[] }): readonly Guard[] =>
  nodes.flatMap(({ seen }) => (seen === null ? [] : [seen]));

const nothingOfOutsiders: Property<Guard> = property(
  "no computation of a key that is not on the list takes a step, and none once its revocation is acknowledged (P30)",
  (cluster) => guardsOf(cluster).flatMap(({ violations }) => violations)[0] ?? null,
);

const allOver: Property<Guard> = property("whatever was sent round has come to an end (P17)", (cluster) => {
  const open = guardsOf(cluster).reduce((sum, { rounds }) => sum + rounds.filter(({ over }) => !over).length, 0);
  return open === 0 ? null : `${open} have not`;
});

function revoking(name: string, faults: Scenario<Guard>["faults"]): Scenario<Guard> {
  const other = (node: Running, rng: { pick<T>(from: readonly T[]): T }): NodeRef =>
    rng.pick(node.peers.filter(({ name: peer }) => peer !== node.name)).ref;
  return scenario<Guard>(`access ${name}`, {
    nodes: { a: {}, b: {}, c: {} },
    boot,
    workload: (w) => {
      w.op("rove", { count: 25 }, ({ node, rng }) => {
        const { node: running, rounds } = node.app;
        const way = [1, 2, 3].map(() => rng.pick(node.peers).ref);
        const round = { over: false };
        rounds.push(round);
        const over = (): void => void (round.over = true);
        void running.run(roving as never, way).then(over, over);
      });
      w.op("revoke", { count: 12 }, async ({ node, rng }) => {
        const { node: running, violations, steps } = node.app;
        const { id } = other(node, rng);
        const isRunning = startedFor(running, id) > 0;
        const revoked = running.access.revoke(id);
        const before = steps.get(id);
        if (startedFor(running, id) > 0) violations.push(`something of ${id} is left`);
        if (running.inspect().peers.includes(id)) violations.push(`${id} is connected`);
        const { computations } = await revoked;
        if (steps.get(id) !== before && !running.access.isAllowed(id)) violations.push(`${id} went on`);
        if (computations > 0) node.mark("ended something");
        if (isRunning && computations === 0) violations.push(`the end of what ${id} computed was not counted`);
      });
      w.op("allow", { count: 12 }, ({ node, rng }) => {
        node.app.node.access.allow(other(node, rng));
      });
    },
    faults,
    always: [nothingOfOutsiders, properties.noUnhandledRejection],
    eventually: [allOver],
    sometimes: ["access.revoked", "access.allowed", "guest.acting", "ended something"],
    budget: { virtualMs: 8_000, settleMs: 60_000 },
    module: import.meta.url,
  });
}

export const underEverything: Scenario<Guard> = revoking("under all faults", everything);

import { remote } from "@espalier/code";
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
import { Process, Remote, type LimitOptions, type Node, type NodeRef, type Self } from "espalier";
import { allButCrashes, timing } from "./conditions.ts";

const busyMax = 4;

/** Far more than is there at any time, far less than there is in all: what is not counted out again is noticed. */
const limits: LimitOptions = {
  referencesPerPeer: 24,
  requestsPerPeer: 12,
  guestsPerPeer: 12,
  arrivalsPerPeer: 12,
};

interface Visited {
  readonly node: Node;
  /** How many of its processes are busy with the other node: few at a time, however long it took. */
  busy: number;
  /** What was refused although it was within the limits. */
  readonly wrong: string[];
}

type Running = Place & { readonly app: Visited };

async function boot(place: Place): Promise<Visited> {
  const node = await startNode(place, { ...timing, limits });
  const wrong: string[] = [];
  node.events.subscribe((event) => {
    if (event.type === "node.misbehaved") wrong.push(`${event.node} is cut off: ${event.reason}`);
  });
  const { kernel } = node;
  kernel.spawn(
    kernel.root,
    function* stay(self: Self<unknown>) {
      yield* self.trapExit();
      yield* Process.register("host");
      for (;;) yield* self.receive();
    },
    [],
  );
  return { node, busy: 0, wrong };
}

const guest = remote({}, function* guest(_self: Self<never>, node: NodeRef) {
  yield* Remote.transfer(node);
  yield* Process.sleep(10);
});

/** Watches somebody on the other node, twice over, and lets go in the one way or the other. */
function* watch(self: Self<unknown>, node: NodeRef, letsGo: boolean) {
  yield* self.trapExit();
  const host = yield* Process.whereisAt<unknown>(node, "host");
  if (host === undefined) return;
  const ref = yield* Process.monitor(host);
  const named = yield* Process.monitor({ name: "host", node });
  yield* Process.link(host);
  yield* Process.sleep(20);
  if (!letsGo) return;
  yield* Process.unlink(host);
  yield* Process.demonitor(ref, { flush: true });
  yield* Process.demonitor(named, { flush: true });
}

const nobodyIsRefused: Property<Visited> = property("whoever stays within the limits is not refused", ({ nodes }) => {
  for (const { name, seen } of nodes) if (seen !== null && seen.wrong.length > 0) return `${name}: ${seen.wrong[0]}`;
  return null;
});

const otherThan = ({ name, peers }: Running): NodeRef => {
  const [other] = peers.filter((peer) => peer.name !== name);
  if (other === undefined) throw new Error("limits: expected another node");
  return other.ref;
};

/** Each node visits the other, all the time, a few at once. */
export const visits: Scenario<Visited> = scenario<Visited>("limits within which everybody stays", {
  nodes: { a: {}, b: {} },
  boot,
  workload: (w) => {
    w.op("watch", { count: 100 }, async ({ node, rng }) => {
      if (node.app.busy >= busyMax) return;
      node.app.busy += 1;
      try {
        await node.app.node.run(watch as never, otherThan(node), rng.chance(0.5));
        node.mark("watched");
      } catch (error) {
        const { code, message } = error as Error & { readonly code?: unknown };
        if (code === "LIMIT") node.app.wrong.push(`the other node says: ${message}`);
        throw new OpUnknownError(String(error));
      } finally {
        node.app.busy -= 1;
      }
    });
    w.op("move", { count: 100 }, async ({ node }) => {
      if (node.app.busy >= busyMax) return;
      node.app.busy += 1;
      try {
        await node.app.node.run(guest as never, otherThan(node));
        node.mark("moved");
      } catch (error) {
        const { remote: refusal } = error as { readonly remote?: { readonly code: string | null; message: string } };
        if (refusal?.code === "LIMIT") node.app.wrong.push(`the other node says: ${refusal.message}`);
        throw new OpUnknownError(String(error));
      } finally {
        node.app.busy -= 1;
      }
    });
  },
  faults: allButCrashes,
  always: [nobodyIsRefused, properties.noUnhandledRejection],
  eventually: [properties.mapsBounded()],
  sometimes: ["watched", "moved", "node.down"],
  budget: { virtualMs: 6_000, settleMs: 60_000 },
  module: import.meta.url,
});

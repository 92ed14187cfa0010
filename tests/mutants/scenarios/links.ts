import {
  faults,
  properties,
  scenario,
  startNode,
  type FaultFamily,
  type Place,
  type Scenario,
} from "@espalier/testkit";
import { Process, type Down, type Exit, type Node, type Pid, type Self } from "espalier";
import { timing } from "./timing.ts";

interface Theatre {
  readonly node: Node;
  readonly puppets: Pid<any>[];
  /** Those of all nodes that it has heard of. */
  readonly bill: Pid<any>[];
}

/** Does what it is told, and hears of ends. */
function* live(self: Self<any>) {
  yield* self.trapExit();
  for (;;) {
    const message = (yield* self.receive()) as (() => any) | Exit | Down;
    if (typeof message === "function") yield* message();
  }
}

type Running = Place & { readonly app: Theatre };

/** Those of other nodes that it has heard of. */
function elsewhere({ app, ref }: Running): readonly Pid<any>[] {
  return app.bill.filter(({ address }) => address.id !== ref.id);
}

interface Size {
  /** How many puppets a node begins with, and how many come later. */
  readonly puppets: number;
  readonly late: number;
  readonly ends: number;
}

function links(name: string, { puppets: puppetCount, late, ends }: Size, disturbances: FaultFamily): Scenario<Theatre> {
  const cue = ({ app }: Running, puppet: Pid<any>, act: () => any): void => {
    // One that is gone does not hear it.
    app.node.run(Process.send(puppet, act)).catch(() => {});
  };
  return scenario<Theatre>(`links ${name}`, {
    nodes: { a: {}, b: {} },
    boot: async (place) => {
      const node = await startNode(place, timing);
      const theatre: Theatre = { node, puppets: [], bill: [] };
      await new Promise<void>((resolve, reject) => {
        const keep = function* (self: Self<Pid<any>>) {
          yield* Process.register("bill");
          resolve();
          for (;;) theatre.bill.push(yield* self.receive());
        };
        node.run(keep).catch(reject);
      });
      for (let count = 0; count < puppetCount; count += 1) spawn(theatre, place);
      return theatre;
    },
    workload: (w) => {
      w.op("spawn", { count: late }, ({ node }) => spawn(node.app, node));
      w.op("link", { count: 36 }, ({ node, rng }) => {
        const { puppets } = node.app;
        const others = elsewhere(node);
        if (puppets.length === 0 || others.length === 0) return;
        const [puppet, other] = [rng.pick(puppets), rng.pick(others)];
        cue(node, puppet, () => Process.link(other));
      });
      w.op("unlink", { count: 36 }, ({ node, rng }) => {
        const { puppets } = node.app;
        const others = elsewhere(node);
        if (puppets.length === 0 || others.length === 0) return;
        const [puppet, other] = [rng.pick(puppets), rng.pick(others)];
        cue(node, puppet, () => Process.unlink(other));
      });
      w.op("monitor", { count: 12 }, ({ node, rng }) => {
        const { puppets, bill } = node.app;
        if (puppets.length === 0 || bill.length === 0) return;
        const other = rng.pick(bill);
        cue(node, rng.pick(puppets), () => Process.monitor(other));
      });
      w.op("end", { count: ends }, ({ node, rng }) => {
        if (node.app.puppets.length === 0) return;
        const pid = rng.pick(node.app.puppets);
        node.app.node.run(Process.exit(pid, { type: "kill" })).catch(() => {});
      });
    },
    faults: disturbances,
    always: [properties.oneVerdict, properties.absorbing],
    eventually: [
      properties.linkedBothWays,
      properties.everySupervisorTold,
      properties.mapsBounded(),
      properties.noOrphans,
    ],
    budget: { virtualMs: 2_000, settleMs: 20_000, events: 200_000 },
    module: import.meta.url,
  });
}

/** A puppet more, whom the boards of all nodes that can be reached hear of. */
function spawn({ node, puppets }: Theatre, { peers }: Place): void {
  const { kernel } = node;
  const { pid } = kernel.spawn(kernel.root, live, []);
  puppets.push(pid);
  for (const { ref } of peers) {
    const tell = function* () {
      const bill = yield* Process.whereisAt<any>(ref, "bill");
      if (bill !== undefined) yield* Process.send(bill, pid);
    };
    node.run(tell).catch(() => {});
  }
}

/** Links and unlinks of the same pairs from both sides, over links so slow that they cross. */
export const crossing: Scenario<Theatre> = links(
  "that cross",
  { puppets: 1, late: 1, ends: 1 },
  faults.links({ latency: { floorMs: 400, meanMs: 20 }, countMax: 3 }),
);

/** Connections that break, and cannot be made. */
export const underBreaks: Scenario<Theatre> = links(
  "over connections that break",
  { puppets: 2, late: 3, ends: 3 },
  faults.swarm([
    faults.cut({ countMax: 6 }),
    faults.lostTail({ lastsMaxMs: 1_000 }),
    faults.refuse({ lastsMaxMs: 1_000 }),
    faults.halfOpen({ lastsMaxMs: 1_500 }),
    faults.crash({ lastsMaxMs: 1_000 }),
  ]),
);

/**
 * A shop under fire: its till is supervised and keeps its count on disk, and its customers are on other machines. Machines crash, freeze and
 * lose sight of one another. What must hold all the same is said here once; `08-chaos.test.ts` has it checked in simulated clusters.
 *
 *     npx espalier chaos run examples/08-chaos.ts --seeds 1..100
 */
import {
  faults,
  OpFailedError,
  OpUnknownError,
  properties,
  scenario,
  startNode,
  uniqueIds,
  type Scenario,
} from "@espalier/testkit";
import { CallError, CauseError, Process, Remote, Server, Supervisor, type Node, type NodeRef } from "espalier";

/** What a till keeps its count in. */
export interface Book {
  read(path: string): Promise<Uint8Array | null>;
  write(path: string, bytes: Uint8Array): Promise<void>;
}

const path = "receipts";

/** Gives each order the next number. It has written a number down before anybody hears of it. */
export const Till = Server.define({
  label: "till",
  *init(book: Book) {
    const bytes = yield* Remote.promise(() => book.read(path));
    return { book, count: bytes === null ? 0 : new DataView(bytes.buffer).getUint32(0) };
  },
  call: {
    *sell(state) {
      const count = state.count + 1;
      const bytes = new Uint8Array(4);
      new DataView(bytes.buffer).setUint32(0, count);
      yield* Remote.promise(() => state.book.write(path, bytes));
      state.count = count;
      return count;
    },
  },
  cast: {
    spill(): never {
      throw new Error("coffee in the till");
    },
  },
});

export const Shop = Supervisor.define((book: Book) => ({
  intensity: { restarts: 100, within: "1s" },
  children: [Supervisor.worker("till", Till, [book], { name: "till" })],
}));

export const openShop = (node: Node, book: Book): Promise<unknown> => node.run(Supervisor.start(Shop, book));

/** Orders at the shop, from anywhere. What it does not know it says: the scenario's history is only as good as that. */
export function* order(shop: NodeRef) {
  try {
    const till = yield* Process.whereisAt(shop, "till");
    if (till === undefined) throw new OpFailedError("the shop is closed");
    return yield* Server.ref(Till, till).call.sell();
  } catch (error) {
    if (error instanceof CauseError) throw new OpFailedError("the shop was not reached", { cause: error });
    if (error instanceof CallError) throw new OpUnknownError("the shop did not answer", { cause: error });
    throw error;
  }
}

export const shop: Scenario<Node> = scenario<Node>("the shop survives", {
  nodes: { shop: {}, ann: {}, bob: {} },
  boot: async (place) => {
    const node = await startNode(place);
    if (place.name === "shop") await openShop(node, place.host.disk);
    return node;
  },
  workload: (w) => {
    w.op("order", { count: 20 }, ({ node }) => node.app.run(order(node.peer("shop").ref)));
    w.op("spill", { count: 3, on: "shop" }, ({ node }) => node.app.run(Server.ref(Till, "till").cast.spill()));
  },
  faults: faults.swarm([faults.crash(), faults.pause(), faults.partition(), faults.cut()]),
  always: [uniqueIds("order")],
  eventually: [properties.childrenRunning, properties.noOrphans],
  sometimes: ["node.down"],
  budget: { virtualMs: 20_000 },
  module: import.meta.url,
});

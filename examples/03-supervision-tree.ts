/**
 * A supervision tree: a shop whose parts fail alone, and are started again in the right order.
 *
 *     node examples/03-supervision-tree.ts          runs until Ctrl-C, then stops in reverse order
 */
import { Application, CallError, Node, Process, Server, Supervisor, type Self } from "espalier";

type Print = (line: string) => void;

/** What others build on, so it comes first. */
const Database = Server.define({
  label: "database",
  *init({ url, print }: { url: string; print: Print }) {
    // Whoever traps exits is told to end, and can clean up: see `terminate`.
    yield* Process.trapExit(true);
    print(`database: connected to ${url}`);
    return { print, stock: new Map([["apples", 3]]) };
  },
  call: { read: ({ stock }, item: string) => stock.get(item) ?? 0 },
  terminate: ({ print }) => print("database: disconnected"),
});

/** Keeps count. An order for more than there is makes it crash: it starts again with what the database knows. */
const Stock = Server.define({
  label: "stock",
  *init(print: Print) {
    const apples = yield* Server.ref(Database, "db").call.read("apples");
    print(`stock: ${apples} apples`);
    return { apples };
  },
  call: {
    take(state, count: number) {
      if (count > state.apples) throw new Error(`only ${state.apples} apples`);
      return (state.apples -= count);
    },
  },
});

/** One customer. There may be many, and they come and go. */
function* session(self: Self<"leave">, customer: string, print: Print) {
  print(`session: welcome, ${customer}`);
  yield* self.receive();
  print(`session: good-bye, ${customer}`);
}

/** Says that it is ready, so that what comes after it can rely on it. */
function* acceptor(self: Self<never>, port: number, print: Print) {
  try {
    print(`web: listening on ${port}`);
    yield* self.ready();
    yield* self.receive();
  } finally {
    print("web: closed");
  }
}

const Web = Supervisor.define(({ port, print }: { port: number; print: Print }) => ({
  children: [Supervisor.worker("acceptor", acceptor, [port, print], { ready: true })],
}));

export const Shop = Supervisor.define((print: Print) => ({
  // A part that fails takes those down with it that were started after it, because they build on it.
  strategy: "rest-for-one",
  intensity: { restarts: 3, within: "5s" },
  children: [
    Supervisor.worker("db", Database, [{ url: "shop.db", print }], { name: "db", shutdown: "5s" }),
    Supervisor.worker("stock", Stock, [print], { name: "stock" }),
    Supervisor.dynamic("sessions", session, { name: "sessions", maxChildren: 10_000, restart: "transient" }),
    Supervisor.supervisor("web", Web, [{ port: 8080, print }]),
  ],
}));

export async function main(print: Print = console.log): Promise<void> {
  await using node = await Node.start({ logger: { report: () => {} } });
  node.events.subscribe((event) => {
    if (event.type !== "supervisor" || event.report.type !== "child-ended") return;
    const { id, cause, decision } = event.report;
    print(`supervisor: ${id} ended (${cause.type}): ${decision}`);
  });

  await node.run(function* () {
    const shop = yield* Supervisor.start(Shop, print);
    const stock = Server.ref(Stock, "stock");
    yield* Supervisor.startChild("sessions", ["Ada", print]);
    print(`${yield* stock.call.take(2)} apples left`);
    try {
      yield* stock.call.take(2);
    } catch (error) {
      if (!(error instanceof CallError)) throw error;
      print("the order failed");
    }
    // The supervisor answers when it has restarted what had to be.
    const { active, specs } = yield* Supervisor.countChildren(shop);
    print(`${active} of ${specs} children run`);
    print(`${yield* stock.call.take(1)} apples left`);
    yield* Supervisor.stop(shop);
  });
}

if (import.meta.main) await Application.run(Shop, { argument: console.log });

/**
 * A shop to look at: supervisors, servers that crash now and then, a mailbox that grows, a handler that is stuck. It runs until it is stopped, and prints the links of its dev tools.
 *
 *     node examples/15-dev-tools.ts
 */
import { DevTools, Node, Process, Remote, Server, Supervisor, type DevToolsOptions, type Self } from "espalier";

/** Answers what things cost. One in so many questions is one too many for it. */
const Prices = Server.define({
  label: "prices",
  init: () => ({ asked: 0 }),
  call: {
    price(state, article: string) {
      state.asked += 1;
      if (state.asked % 40 === 0) throw new TypeError(`no price for ${article}`);
      return article.length * 100;
    },
  },
});

interface Order {
  readonly article: string;
  readonly pieces: number;
}

const Orders = Server.define({
  label: "orders",
  init: () => ({ cents: 0 }),
  cast: {
    *order(state, { article, pieces }: Order) {
      const cents = yield* Remote.attempt(Server.ref(Prices, "prices").call.price(article));
      if (cents.type === "success") state.cents += cents.value * pieces;
    },
  },
});

/** Takes longer for each parcel than it takes customers to order one: its mailbox grows. */
function* packing(self: Self<{ readonly type: "parcel"; readonly article: string }>) {
  for (;;) {
    yield* self.receive();
    yield* Process.sleep("400ms");
  }
}

/** Asks for what it has to charge at once, and the bank takes its time: whoever pays waits. */
const Cashier = Server.define({
  label: "cashier",
  init: () => ({ paid: 0 }),
  cast: {
    *pay(state, cents: number) {
      state.paid += yield* Server.ref(Bank, "bank").call.charge(cents).within(Infinity);
    },
  },
});

const Bank = Server.define({
  label: "bank",
  init: () => null,
  call: {
    *charge(_state, cents: number) {
      yield* Process.sleep("10m");
      return cents;
    },
  },
});

const articles = ["apple", "pear", "quince"];

function* customer(_self: Self<never>, number: number) {
  for (let turn = number; ; turn += 1) {
    const article = articles[turn % articles.length] as string;
    yield* Server.ref(Orders, "orders").cast.order({ article, pieces: 1 + (turn % 3) });
    yield* Process.send("packing", { type: "parcel", article });
    if (turn % 10 === 0) yield* Server.ref(Cashier, "cashier").cast.pay(500);
    yield* Process.sleep("1s");
  }
}

const Counter = Supervisor.define({
  strategy: "rest-for-one",
  intensity: { restarts: 20, within: "1m" },
  children: [
    Supervisor.worker("prices", Prices, [], { name: "prices" }),
    Supervisor.worker("orders", Orders, [], { name: "orders" }),
  ],
});

const Customers = Supervisor.define((count: number) => ({
  children: Array.from({ length: count }, (_, number) => Supervisor.worker(`customer-${number}`, customer, [number])),
}));

const Shop = Supervisor.define((customers: number) => ({
  children: [
    Supervisor.supervisor("counter", Counter, []),
    Supervisor.worker("packing", packing, [], { name: "packing" }),
    Supervisor.worker("bank", Bank, [], { name: "bank" }),
    Supervisor.worker("cashier", Cashier, [], { name: "cashier" }),
    Supervisor.supervisor("customers", Customers, [customers]),
  ],
}));

export interface Setting {
  readonly customers: number;
  readonly devtools: DevToolsOptions;
  /** Resolves when the shop closes. */
  readonly closing: Promise<unknown>;
}

export async function main(print: (line: string) => void = console.log, setting: Setting = usual()): Promise<void> {
  await using node = await Node.start({ logger: { report: () => {} }, devtools: setting.devtools });
  await node.run(function* () {
    yield* Supervisor.start(Shop, setting.customers, { name: "shop" });
  });
  for (const { plane, url } of DevTools.of(node)?.links ?? []) print(`${plane}: ${url}`);
  await setting.closing;
}

function usual(): Setting {
  const closing = new Promise((resolve) => process.once("SIGINT", resolve).once("SIGTERM", resolve));
  return { customers: 20, devtools: { name: "shop", planes: ["values", "manage"] }, closing };
}

if (import.meta.main) await main();

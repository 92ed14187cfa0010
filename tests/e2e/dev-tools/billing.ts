// A service that knows nothing of dev tools: a server that waits for a slow one while its mailbox grows, and one that crashes again and again.

import { Node, Process, Server, Supervisor } from "espalier";

const Bank = Server.define({
  init: () => null,
  call: {
    *charge(_state: null, cents: number) {
      yield* Process.sleep("10m");
      return cents;
    },
  },
});

const Cashier = Server.define({
  init: () => ({ paid: 0 }),
  cast: {
    *pay(state, cents: number) {
      state.paid += yield* Server.ref(Bank, "bank").call.charge(cents).within(Infinity);
    },
  },
});

const Prices = Server.define({
  init: () => ({ asked: 0 }),
  cast: {
    price(state, article: string) {
      state.asked += 1;
      if (state.asked === 3) throw new TypeError(`no price for ${article}`);
    },
  },
});

const Stock = Server.define({ init: () => ({ apples: 3, password: "swordfish" }) });

const Shop = Supervisor.define({
  intensity: { restarts: 1_000, within: "5s" },
  children: [
    Supervisor.worker("bank", Bank, [], { name: "bank" }),
    Supervisor.worker("cashier", Cashier, [], { name: "cashier" }),
    Supervisor.worker("stock", Stock, [], { name: "stock" }),
    Supervisor.worker("prices", Prices, [], { name: "prices" }),
  ],
});

await using node = await Node.start();
await node.run(function* billing() {
  yield* Supervisor.start(Shop);
  process.stdout.write("ready\n");
  for (;;) {
    yield* Server.ref(Cashier, "cashier").cast.pay(500);
    yield* Server.ref(Prices, "prices").cast.price("quince");
    yield* Process.sleep("100ms");
  }
});

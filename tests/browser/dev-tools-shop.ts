// A shop in trouble, for the dev tools to look at.

import { type Node, Process, Server, Supervisor } from "espalier";
import type { Self } from "espalier";

export interface Order {
  readonly cents: number;
}

const Till = Server.define({
  label: "till",
  init: () => ({ sum: 0, made: "of tin", password: "open sesame" }),
  call: { sum: (state) => state.sum },
  cast: { sell: (state, order: Order) => void (state.sum += order.cents) },
});

const Bank = Server.define({
  label: "bank",
  init: () => null,
  call: {
    *charge(_state, cents: number) {
      yield* Process.sleep("1h");
      return cents;
    },
  },
});

const Cashier = Server.define({
  label: "cashier",
  init: () => null,
  cast: {
    *pay(_state, cents: number) {
      yield* Server.ref(Bank, "bank").call.charge(cents).within(Infinity);
    },
  },
});

/** Takes one parcel and packs it for an hour. */
function* packing(self: Self<{ readonly type: "parcel" }>) {
  yield* self.receive();
  yield* Process.sleep("1h");
}

function* customer(_self: Self<never>, everyMs: number) {
  for (;;) {
    yield* Process.send("packing", { type: "parcel" });
    yield* Process.sleep(everyMs);
  }
}

function* idle(self: Self<never>) {
  yield* self.receive();
}

const Counter = Supervisor.define({
  intensity: { restarts: 3, within: "1m" },
  children: [Supervisor.worker("till", Till, [], { name: "till" }), Supervisor.worker("drawer", idle, [])],
});

const Shop = Supervisor.define((everyMs: number | null) => ({
  intensity: { restarts: 5, within: "1m" },
  children: [
    Supervisor.supervisor("counter", Counter, []),
    Supervisor.worker("packing", packing, [], { name: "packing" }),
    Supervisor.worker("bank", Bank, [], { name: "bank" }),
    Supervisor.worker("cashier", Cashier, [], { name: "cashier" }),
    Supervisor.worker("cleaner", idle, []),
    ...(everyMs === null ? [] : [Supervisor.worker("customer", customer, [everyMs])]),
  ],
}));

/**
 * @param everyMs how often the customer sends a parcel; null: nobody does.
 * @param parcels how many there are from the beginning. Without any nothing is paid, either: all is quiet.
 */
export async function openShop(node: Node, everyMs: number | null, parcels: number): Promise<void> {
  await node.run(function* () {
    yield* Supervisor.start(Shop, everyMs, { name: "shop" });
    for (let count = 0; count < parcels; count += 1) yield* Process.send("packing", { type: "parcel" });
    if (parcels === 0) return;
    yield* Server.ref(Cashier, "cashier").cast.pay(5);
    yield* Server.ref(Cashier, "cashier").cast.pay(6);
  });
}

/** The till ends with a TypeError. Resolves when there is another one. */
export async function breakTill(node: Node): Promise<void> {
  await node.run(function* () {
    const before = yield* Process.whereis("till");
    yield* Server.ref(Till, "till").cast.sell(undefined as never);
    for (;;) {
      const now = yield* Process.whereis("till");
      if (now !== undefined && now !== before) return;
      yield* Process.sleep(5);
    }
  });
}

import { fn, remote } from "@espalier/code";
import { NotMovableError, Process, Remote, type NodeRef } from "@espalier/runtime";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Cluster, collector, type Member } from "./by-hand.ts";

let cluster: Cluster;
let o: Member;
let a: Member;

beforeEach(async () => {
  cluster = new Cluster("o", "a");
  [o, a] = [await cluster.start("o"), await cluster.start("a")];
  await cluster.meet();
});

afterEach(async () => {
  await cluster.stop();
});

const Item = fn(
  class Item {
    readonly price: number;
    readonly of: unknown;
    constructor(price: number, of: unknown) {
      this.price = price;
      this.of = of;
    }
    get doubled(): number {
      return 2 * this.price;
    }
  },
);

/** A plain class, known because it is declared: it counts how often it was made. */
class Order {
  static made = 0;
  items: InstanceType<typeof Item>[] = [];
  constructor() {
    Order.made += 1;
  }
  total(): number {
    return this.items.reduce((sum, { price }) => sum + price, 0);
  }
}

class OutOfStock extends Error {
  readonly item: unknown;
  constructor(message: string, item: unknown, options?: ErrorOptions) {
    super(message, options);
    this.name = "OutOfStock";
    this.item = item;
  }
}
fn(OutOfStock);

class Undeclared {
  readonly x = 1;
}

class Safe {
  #code = 1234;
  opens(code: number): boolean {
    return code === this.#code;
  }
}
fn(Safe);

async function send(value: unknown): Promise<any> {
  const { pid, received } = collector(a);
  await cluster.wait(o.node.run(Process.send(pid, value)));
  await cluster.pass(50);
  expect(received).toHaveLength(1);
  return received[0];
}

describe("instances of declared classes", () => {
  test("move with a computation, which goes on calling their methods: no constructor runs again", async () => {
    const fill = remote({ Order, Item }, function* (node: NodeRef) {
      const order = new Order();
      const item = new Item(3, order);
      order.items.push(item, item);
      yield* Remote.transfer(node);
      const { id } = yield* Remote.here();
      return {
        id,
        total: order.total(),
        doubled: item.doubled,
        isOrder: order instanceof Order && item instanceof Item,
        same: order.items[0] === item && order.items[1] === item && item.of === order,
      };
    });
    const before = Order.made;
    const result = await cluster.wait(o.node.run(fill(a.ref)));
    expect(result).toEqual({ id: a.ref.id, total: 6, doubled: 6, isOrder: true, same: true });
    expect(Order.made - before).toBe(1);
  });

  test("are sent as plain messages, and the receiver's program knows them for its own", async () => {
    void remote({ Order, Item }, function* () {
      return [new Order(), new Item(1, 2)];
    });
    const order = new Order();
    order.items.push(new Item(2, order));
    const arrived = await send({ order });
    expect(arrived.order).toBeInstanceOf(Order);
    expect(arrived.order).not.toBe(order);
    expect(arrived.order.total()).toBe(2);
    expect(arrived.order.items[0].of).toBe(arrived.order);
  });

  test("that are errors keep class, stack, cause and fields", async () => {
    const item = new Item(1, null);
    const sent = new OutOfStock("none left", item, { cause: new TypeError("why") });
    const arrived = await send([sent, item]);
    expect(arrived[0]).toBeInstanceOf(OutOfStock);
    expect(arrived[0]).toMatchObject({ name: "OutOfStock", message: "none left", stack: sent.stack });
    expect(arrived[0].cause).toBeInstanceOf(TypeError);
    expect(arrived[0].item).toBe(arrived[1]);
    expect(Object.keys(arrived[0]).sort()).toEqual(["item", "name"]);
  });

  test("of undeclared classes, and those with private fields, are refused before anything is sent (S180)", async () => {
    const { pid } = collector(a);
    const problem = async (value: unknown): Promise<string> => {
      const error: unknown = await cluster
        .wait(o.node.run(Process.send(pid, value)))
        .catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(NotMovableError);
      return (error as Error).message;
    };
    expect(await problem({ x: new Undeclared() })).toContain(
      "x cannot travel: it is an instance of Undeclared, whose class does not travel; declare the class as a dependency or define it with fn",
    );
    expect(await problem([new Safe()])).toContain(
      "[0] cannot travel: it is an instance of Safe, whose field #code is private: nobody outside of the class can read it",
    );
    const capture = remote({ Safe }, function* (node: NodeRef) {
      const safe = new Safe();
      yield* Remote.transfer(node);
      return safe.opens(1234);
    });
    const refused: unknown = await cluster.wait(o.node.run(capture(a.ref))).catch((thrown: unknown) => thrown);
    expect(String(refused)).toMatch(/safe.*cannot travel: it is an instance of Safe, whose field #code is private/);
  });
});

describe("sharing", () => {
  test("is kept within a message and within everything that moves, and never across messages (S182)", async () => {
    const shared = { n: 1 };
    const [first, second] = (await send([shared, new Map([[shared, shared]])])) as [object, Map<object, object>];
    expect([...second][0]).toEqual([first, first]);
    expect([...second.keys()][0]).toBe(first);
    const { pid, received } = collector(a);
    await cluster.wait(
      o.node.run(function* () {
        yield* Process.send(pid, shared);
        yield* Process.send(pid, shared);
      }),
    );
    await cluster.pass(50);
    expect(received[0]).toEqual(received[1]);
    expect(received[0]).not.toBe(received[1]);
    // Two frames of one computation, and its arguments: one object.
    const inner = remote(function* (node: NodeRef, box: { n: number }) {
      yield* Remote.transfer(node);
      box.n += 1;
      return box;
    });
    const outer = remote({ inner }, function* (node: NodeRef) {
      const box = { n: 1 };
      const same = yield* inner(node, box);
      return [same === box, box.n];
    });
    expect(await cluster.wait(o.node.run(outer(a.ref)))).toEqual([true, 2]);
  });
});

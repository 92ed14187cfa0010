import { fn, Process, remote, Remote, type Self } from "espalier";
import type { Places, Program } from "../program.ts";

class Item {
  static made = 0;
  readonly price: number;
  order: unknown = null;
  constructor(price: number) {
    this.price = price;
  }
  get doubled(): number {
    return this.price * 2;
  }
}
fn(Item);

class Order {
  readonly items: Item[] = [];
  total(): number {
    return this.items.reduce((sum, { price }) => sum + price, 0);
  }
}

class Rush extends Order {
  readonly fee = 5;
  override total(): number {
    return super.total() + this.fee;
  }
}
fn({ Order }, Rush);

/** What holds on to the operating system: its descriptor is its own. */
class Socket {
  readonly #descriptor = 7;
  ping(): string {
    return `pong ${this.#descriptor}`;
  }
}
fn(Socket);

const digits = {
  encode: fn((socket: { readonly numbers: readonly number[] }) => socket.numbers.join()),
  decode: fn((text: string) => ({ numbers: text.split(",").map(Number) })),
};

export const values: readonly Program[] = [
  {
    name: "loops over maps, sets, strings and iterators",
    body: remote({}, function* (_self: Self, { alice, bob, log }: Places) {
      let out = "";
      for (const [key, value] of new Map([
        ["p", 1],
        ["q", 2],
      ])) {
        yield* Remote.transfer(alice);
        out += key + value;
      }
      for (const n of new Set([7, 8])) {
        yield* Process.send(log, `set ${n}`);
        out += n;
      }
      for (const letter of "h\u{1F600}") {
        yield* Remote.transfer(bob);
        out += letter.length;
      }
      for (const [index, letter] of ["z", "y"].entries()) {
        yield* Process.send(log, `${index}${letter}`);
        out += index + letter;
      }
      return out;
    }),
    expected: "p1q278120z1y",
    effects: ["set 7", "set 8", "0z", "1y"],
    transfers: 2,
  },
  {
    name: "a map and a set that change while they are iterated",
    body: remote({}, function* (_self: Self, { alice, log }: Places) {
      const map = new Map<string, number>([
        ["a", 1],
        ["b", 2],
        ["c", 3],
      ]);
      const seen: string[] = [];
      for (const [key, n] of map) {
        yield* Process.send(log, key);
        seen.push(key);
        map.delete("b");
        if (n < 5) map.set(`${key}${key}`, n + 3);
        yield* Remote.transfer(alice);
      }
      const set = new Set([1]);
      for (const n of set) {
        yield* Process.send(log, `${n}`);
        if (n < 4) set.add(n + 1);
      }
      return [seen, [...map], [...set]];
    }),
    expected: [
      ["a", "c", "aa", "cc", "aaaa"],
      [
        ["a", 1],
        ["c", 3],
        ["aa", 4],
        ["cc", 6],
        ["aaaa", 7],
      ],
      [1, 2, 3, 4],
    ],
    effects: ["a", "c", "aa", "cc", "aaaa", "1", "2", "3", "4"],
    transfers: 1,
  },
  {
    name: "shared structure and cycles",
    body: remote({}, function* (_self: Self, { alice, bob, log }: Places) {
      const leaf: { n: number; up?: unknown } = { n: 1 };
      const pair = [leaf, leaf];
      leaf.up = pair;
      const table = new Map<unknown, unknown>([[leaf, pair]]);
      table.set("self", table);
      yield* Remote.transfer(alice);
      leaf.n += 1;
      yield* Process.send(log, `n=${pair[1]?.n}`);
      yield* Remote.transfer(bob);
      return [pair[0] === pair[1], leaf.up === pair, table.get(leaf) === pair, table.get("self") === table, pair[0]?.n];
    }),
    expected: [true, true, true, true, 2],
    effects: ["n=2"],
    transfers: 2,
  },
  {
    name: "one object in two frames",
    body: remote({ Order, Item }, function* (_self: Self, { alice, log }: Places) {
      const box = { n: 1 };
      const inner = function* (same: { n: number }) {
        yield* Remote.transfer(alice);
        same.n += 1;
        yield* Process.send(log, `${same.n}`);
        return same;
      };
      const same: typeof box = yield* inner(box);
      return [same === box, box.n];
    }),
    expected: [true, 2],
    effects: ["2"],
    transfers: 1,
  },
  {
    name: "instances of declared classes: methods, getters, subclasses, and no constructor again",
    body: remote({ Rush, Item, Order }, function* (_self: Self, { alice, bob, log }: Places) {
      const order = new Rush();
      const item = new Item(3);
      item.order = order;
      order.items.push(item, item);
      yield* Remote.transfer(alice);
      yield* Process.send(log, `total ${order.total()}`);
      order.items.push(new Item(4));
      yield* Remote.transfer(bob);
      return [
        order.total(),
        item.doubled,
        order instanceof Rush && order instanceof Order && item instanceof Item,
        order.items[0] === item && item.order === order,
      ];
    }),
    expected: [15, 6, true, true],
    effects: ["total 11"],
    transfers: 2,
  },
  {
    name: "numbers that are odd, and those that are big",
    body: remote({}, function* (_self: Self, { alice, bob, log }: Places) {
      const odd = [-0, NaN, Infinity, -Infinity, Number.MAX_SAFE_INTEGER, Number.MIN_VALUE, 0.1 + 0.2];
      const big = 2n ** 70n;
      const negative = -(10n ** 30n);
      yield* Remote.transfer(alice);
      yield* Process.send(log, `${big} ${negative}`);
      yield* Remote.transfer(bob);
      return [Object.is(odd[0], -0), Number.isNaN(odd[1]), ...odd.slice(2).map(String), String(big + 1n)];
    }),
    expected: [
      true,
      true,
      "Infinity",
      "-Infinity",
      "9007199254740991",
      "5e-324",
      "0.30000000000000004",
      "1180591620717411303425",
    ],
    effects: ["1180591620717411303424 -1000000000000000000000000000000"],
    transfers: 2,
  },
  {
    name: "dates, bytes and what is undefined",
    body: remote({}, function* (_self: Self, { alice, bob, log }: Places) {
      // oxlint-disable-next-line no-restricted-globals -- A time that is given, and no clock.
      const date = new Date(86_400_123);
      const bytes = new Uint8Array([1, 2, 255]);
      const floats = new Float64Array([0.5, -0]);
      const holes = [undefined, null, [], {}];
      yield* Remote.transfer(alice);
      bytes[0] = 9;
      yield* Process.send(log, [...bytes].join());
      yield* Remote.transfer(bob);
      return [
        date.toISOString(),
        bytes instanceof Uint8Array && bytes[0],
        floats instanceof Float64Array && Object.is(floats[1], -0),
        holes[0] === undefined && 0 in holes && holes[1] === null,
      ];
    }),
    expected: ["1970-01-02T00:00:00.123Z", 9, true, true],
    effects: ["9,2,255"],
    transfers: 2,
  },
  {
    name: "views of one buffer, and regular expressions",
    body: remote({}, function* (_self: Self, { alice, log }: Places) {
      const buffer = new ArrayBuffer(8);
      const whole = new Uint8Array(buffer);
      const words = new Uint16Array([1, 2, 3]);
      whole[3] = 77;
      const found = /(?<letter>[a-z])(\d+)/i.exec("x12");
      const text = `${found?.groups?.["letter"]}${found?.[2]}`;
      yield* Remote.transfer(alice);
      yield* Process.send(log, text);
      return [whole[3], whole.length, [...words], text.replaceAll(/\d/g, "#")];
    }),
    expected: [77, 8, [1, 2, 3], "x##"],
    effects: ["x12"],
    transfers: 1,
  },
  {
    name: "leaves behind what is no longer needed, whatever it is",
    body: remote({ Socket }, function* (_self: Self, { alice, log }: Places) {
      const socket = new Socket();
      const ping = (): string => socket.ping();
      const pending = Promise.resolve(1);
      const got = [ping(), typeof pending.then];
      yield* Process.send(log, "used");
      yield* Remote.transfer(alice);
      return got;
    }),
    expected: ["pong 7", "function"],
    effects: ["used"],
    transfers: 1,
  },
  {
    name: "is refused with a live socket, by its name",
    body: remote({ Socket }, function* holding(_self: Self, { alice, log }: Places) {
      const socket = new Socket();
      yield* Process.send(log, "before");
      yield* Remote.transfer(alice);
      return socket.ping();
    }),
    expected: "pong 7",
    effects: ["before"],
    transfers: 0,
    refused:
      "`socket` of holding (set on line 2, alive across line 4) cannot travel: it is an instance of Socket, whose field #descriptor is private: nobody outside of the class can read it. Declare it without the #, such as _descriptor, or send what is in it",
  },
  {
    name: "goes on where it is when it was refused",
    body: remote({ Socket }, function* (_self: Self, { alice, home, log }: Places) {
      const socket = new Socket();
      let refused = alice.id === home.id;
      try {
        yield* Remote.transfer(alice);
      } catch (error) {
        refused = (error as Error).message.includes("`socket`");
      }
      yield* Process.send(log, socket.ping());
      yield* Remote.transfer(alice);
      return refused;
    }),
    expected: true,
    effects: ["pong 7"],
    transfers: 1,
  },
  {
    name: "takes a value along in another form",
    body: remote({ digits }, function* (_self: Self, { alice, log }: Places) {
      const socket: any = { numbers: [1, 2, 3], open: new WeakSet() };
      const there = yield* Remote.via(
        alice,
        { encode: digits.encode, decode: digits.decode },
        socket as { numbers: number[] },
      );
      yield* Process.send(log, there.numbers.join());
      return there.numbers.reduce((a: number, b: number) => a + b);
    }),
    expected: 6,
    effects: ["1,2,3"],
    transfers: 1,
  },
];

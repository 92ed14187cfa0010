import { fn, Process, remote, Remote, type NodeRef, type Pid, type Self } from "espalier";
import type { Places, Program } from "../program.ts";

type Recursive<A extends readonly unknown[], R> = (...args: A) => Remote<R>;

const dive: Recursive<[number, NodeRef, Pid<string>], number> = remote(
  () => ({ dive }),
  function* (depth: number, node: NodeRef, log: Pid<string>): Generator<any, number, any> {
    if (depth === 0) {
      yield* Remote.transfer(node);
      yield* Process.send(log, "bottom");
      return 0;
    }
    const below: number = yield* dive(depth - 1, node, log);
    if (depth % 5 === 0) yield* Process.send(log, `up ${depth}`);
    return below + depth;
  },
);

const isEven: Recursive<[number, Places], boolean> = remote(
  () => ({ isOdd }),
  function* (n: number, places: Places): Generator<any, boolean, any> {
    if (n === 0) return true;
    yield* Remote.transfer(places.alice);
    yield* Process.send(places.log, `even? ${n}`);
    return yield* isOdd(n - 1, places);
  },
);

const isOdd: Recursive<[number, Places], boolean> = remote(
  () => ({ isEven }),
  function* (n: number, places: Places): Generator<any, boolean, any> {
    if (n === 0) return false;
    yield* Remote.transfer(places.bob);
    yield* Process.send(places.log, `odd? ${n}`);
    return yield* isEven(n - 1, places);
  },
);

const fibonacci: Recursive<[number], number> = remote(
  () => ({ fibonacci }),
  function* (n: number): Generator<any, number, any> {
    return n < 2 ? n : (yield* fibonacci(n - 1)) + (yield* fibonacci(n - 2));
  },
);

const twice = fn((n: number) => n * 2);

const apply = remote({}, function* (node: NodeRef, f: (n: number) => number, n: number) {
  yield* Remote.transfer(node);
  return f(n);
});

export const functions: readonly Program[] = [
  {
    name: "closures over constants and over what changes",
    body: remote({}, function* (_self: Self, { alice, bob, log }: Places) {
      let count = 0;
      const step = 3;
      const next = (): number => (count += step);
      const scaled = [1, 2, 3].map((n) => n * step);
      next();
      yield* Remote.transfer(alice);
      yield* Process.send(log, `count ${next()}`);
      yield* Remote.transfer(bob);
      count += 100;
      return [next(), count, scaled];
    }),
    expected: [109, 109, [3, 6, 9]],
    effects: ["count 6"],
    transfers: 2,
  },
  {
    name: "functions in arrays and objects, and functions that return functions",
    body: remote({}, function* (_self: Self, { alice, log }: Places) {
      const base = 10;
      const adders = [1, 2].map((n) => (m: number) => base + n + m);
      const tool = {
        k: 2,
        times(n: number): number {
          return n * this.k;
        },
        plus: (n: number) => n + base,
      };
      yield* Remote.transfer(alice);
      const [first, second] = adders.map((add) => add(100));
      yield* Process.send(log, `${first} ${second}`);
      return [tool.times(4), tool.plus(1)];
    }),
    expected: [8, 11],
    effects: ["111 112"],
    transfers: 1,
  },
  {
    name: "an inner function* that is forked uses its locals",
    body: remote({}, function* (self: Self<string>, { alice, bob, log }: Places) {
      const tag = "t";
      const shout = (text: string): string => `${text.toUpperCase()}!`;
      const parent = self.pid;
      yield* Remote.fork(function* () {
        yield* Remote.transfer(alice);
        yield* Process.send(log, `child: ${shout(tag)}`);
        yield* Process.send(parent, shout("done"));
      });
      yield* Remote.transfer(bob);
      return yield* self.receive();
    }),
    expected: "DONE!",
    effects: ["child: T!"],
    transfers: 2,
  },
  {
    name: "a move at the bottom of twenty frames",
    body: remote({ dive }, function* (_self: Self, { alice, log }: Places) {
      return yield* dive(20, alice, log);
    }),
    expected: 210,
    effects: ["bottom", "up 5", "up 10", "up 15", "up 20"],
    transfers: 1,
  },
  {
    name: "two that recurse through each other",
    body: remote({ isEven, isOdd }, function* (_self: Self, places: Places) {
      return [yield* isEven(4, places), yield* isOdd(2, places)];
    }),
    expected: [true, false],
    effects: ["even? 4", "odd? 3", "even? 2", "odd? 1", "odd? 2", "even? 1"],
    transfers: 5,
  },
  {
    name: "a tree of calls",
    body: remote({ fibonacci }, function* (_self: Self, { log }: Places) {
      const n = yield* fibonacci(6);
      yield* Process.send(log, `fibonacci ${n}`);
      return n;
    }),
    expected: 8,
    effects: ["fibonacci 8"],
    transfers: 0,
  },
  {
    name: "functions as arguments, results and values",
    body: remote({ apply, twice }, function* (_self: Self, { alice, bob, log }: Places) {
      const table = new Map([["twice", twice]]);
      const offset = 5;
      const there = yield* apply(alice, (n) => n + offset, 1);
      yield* Process.send(log, `there ${there}`);
      const f = table.get("twice") as typeof twice;
      const back = yield* apply(bob, f, there);
      return [there, back, f === twice];
    }),
    expected: [6, 12, true],
    effects: ["there 6"],
    transfers: 2,
  },
  {
    name: "an inner function* that is called, and one that calls it",
    body: remote({}, function* (_self: Self, { alice, bob, log }: Places) {
      const factor = 7;
      const inner = function* (node: NodeRef, n: number) {
        yield* Remote.transfer(node);
        yield* Process.send(log, `inner ${n}`);
        return n * factor;
      };
      const outer = function* (n: number) {
        const half: number = yield* inner(alice, n);
        return half + (yield* inner(bob, n + 1));
      };
      return yield* outer(1);
    }),
    expected: 21,
    effects: ["inner 1", "inner 2"],
    transfers: 2,
  },
];

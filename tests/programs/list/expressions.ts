import { fn, Process, remote, Remote, type NodeRef, type Pid, type Self } from "espalier";
import type { Places, Program } from "../program.ts";

const point = fn((x: number) => ({ x, y: x + 1, rest: [x, x * 2, x * 3] }));

const get = remote({ point }, function* (node: NodeRef, x: number) {
  yield* Remote.transfer(node);
  return point(x);
});

/** Gives `value`, having said so. */
const give = remote({}, function* <T>(log: Pid<string>, value: T) {
  yield* Process.send(log, String(value));
  return value;
});

const withDefaults = remote(
  { give },
  function* (log: Pid<string>, a: number, b: number = a + 1, { c = b * 2, ...rest }: any = {}) {
    yield* Process.send(log, `${a} ${b} ${c}`);
    return [a, b, c, rest];
  },
);

export const expressions: readonly Program[] = [
  {
    name: "takes values apart, with defaults and rests",
    body: remote({ get }, function* (_self: Self, { alice, bob, log }: Places) {
      const {
        x,
        y: renamed = 9,
        rest: [, ...others],
        missing = renamed * 2,
      }: any = yield* get(alice, 5);
      yield* Process.send(log, `x=${x}`);
      yield* Remote.transfer(bob);
      let p = 1;
      let q = 2;
      [p, q] = [q, p];
      yield* Process.send(log, `p=${p}`);
      return { ...{ x, renamed }, others, missing, swapped: [p, q] };
    }),
    expected: { x: 5, renamed: 6, others: [10, 15], missing: 12, swapped: [2, 1] },
    effects: ["x=5", "p=2"],
    transfers: 2,
  },
  {
    name: "defaults of parameters that use one another",
    body: remote({ withDefaults }, function* (_self: Self, { alice, log }: Places) {
      const first = yield* withDefaults(log, 1);
      yield* Remote.transfer(alice);
      const second = yield* withDefaults(log, 1, 5, { d: 4 });
      return [first, second];
    }),
    expected: [
      [1, 2, 4, {}],
      [1, 5, 10, { d: 4 }],
    ],
    effects: ["1 2 4", "1 5 10"],
    transfers: 1,
  },
  {
    name: "yields inside expressions, in JavaScript's order",
    body: remote({ give }, function* (_self: Self, { alice, log }: Places) {
      let t = 10;
      const sum = t + (yield* give(log, 2)) + (t = 9);
      const chosen =
        ((yield* give(log, 0)) || ((yield* give(log, "or")) && (yield* give(log, null)))) ?? (yield* give(log, "nn"));
      yield* Remote.transfer(alice);
      const text = (yield* give(log, true)) ? `<${t}${yield* give(log, "y")}>` : yield* give(log, "no");
      const list = ["o"].concat(String(t++), yield* give(log, "c"), ...(yield* give(log, ["d", "e"])), String(t));
      return [sum, chosen, text, list];
    }),
    expected: [21, "nn", "<9y>", ["o", "9", "c", "d", "e", "10"]],
    effects: ["2", "0", "or", "null", "nn", "true", "y", "c", "d,e"],
    transfers: 1,
  },
  {
    name: "assignments of every kind, and chains that end early",
    body: remote({ give }, function* (_self: Self, { bob, log }: Places) {
      const table: any = { n: 5, list: [1, 2], none: null };
      table.n += yield* give(log, 1);
      table.list[yield* give(log, 1)] **= yield* give(log, 3);
      table.none ??= yield* give(log, "set");
      table.n &&= yield* give(log, 7);
      table.list[0] ||= yield* give(log, "never");
      yield* Remote.transfer(bob);
      const never = table.nothing?.at[yield* give(log, "not asked")];
      const there = table.list?.[yield* give(log, 0)];
      return [table, never === undefined, there];
    }),
    expected: [{ n: 7, list: [1, 8], none: "set" }, true, 1],
    effects: ["1", "1", "3", "set", "7", "0"],
    transfers: 1,
  },
  {
    name: "one name, many variables",
    body: remote({}, function* (_self: Self, { alice, bob, log }: Places) {
      const x = "a";
      const seen: unknown[] = [x];
      {
        const x = "b";
        yield* Remote.transfer(alice);
        {
          const x = "c";
          yield* Remote.transfer(bob);
          yield* Process.send(log, x);
          seen.push(x);
        }
        seen.push(x);
      }
      try {
        throw "e";
      } catch (x) {
        yield* Process.send(log, String(x));
        seen.push(x);
      }
      seen.push(((x: number) => x * 2)(4), x);
      return seen;
    }),
    expected: ["a", "c", "b", "e", 8, "a"],
    effects: ["c", "e"],
    transfers: 2,
  },
  {
    name: "templates, tags and spreads",
    body: remote({ give }, function* (_self: Self, { alice, log }: Places) {
      const tag = (strings: readonly string[], ...values: readonly unknown[]): string =>
        strings.map((text, index) => text + (index < values.length ? `[${String(values[index])}]` : "")).join("");
      const text = tag`a${yield* give(log, 1)}b${yield* give(log, 2)}c`;
      yield* Remote.transfer(alice);
      const merged = {
        ...{ a: 1, b: 1 },
        ...(yield* give(log, { b: 2 })),
        c: Math.max(...[1, 5], yield* give(log, 3)),
      };
      return [text, merged];
    }),
    expected: ["a[1]b[2]c", { a: 1, b: 2, c: 5 }],
    effects: ["1", "2", "[object Object]", "3"],
    transfers: 1,
  },
];

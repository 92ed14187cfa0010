import { Process, remote, Remote, type NodeRef, type Self } from "espalier";
import type { Places, Program } from "../program.ts";

const visit = remote({}, function* (node: NodeRef, value: number) {
  yield* Remote.transfer(node);
  return value;
});

export const loops: readonly Program[] = [
  {
    name: "hops in a while loop",
    body: remote({}, function* (_self: Self, { alice, bob, log }: Places) {
      let turn = 0;
      const seen: number[] = [];
      while (turn < 5) {
        yield* Remote.transfer(turn % 2 === 0 ? alice : bob);
        yield* Process.send(log, `turn ${turn}`);
        seen.push(turn * turn);
        turn++;
      }
      return seen;
    }),
    expected: [0, 1, 4, 9, 16],
    effects: ["turn 0", "turn 1", "turn 2", "turn 3", "turn 4"],
    transfers: 5,
  },
  {
    name: "loops over an array that grows meanwhile",
    body: remote({}, function* (_self: Self, { alice, bob, log }: Places) {
      const numbers = [1, 2];
      let sum = 0;
      for (const n of numbers) {
        yield* Remote.transfer(n % 2 === 0 ? bob : alice);
        yield* Process.send(log, `saw ${n}`);
        sum += n;
        if (n < 4) numbers.push(n + 2);
      }
      return { sum, numbers };
    }),
    expected: { sum: 15, numbers: [1, 2, 3, 4, 5] },
    effects: ["saw 1", "saw 2", "saw 3", "saw 4", "saw 5"],
    transfers: 5,
  },
  {
    name: "breaks and continues through labels",
    body: remote({}, function* (_self: Self, { alice, bob, log }: Places) {
      const out: string[] = [];
      rows: for (let row = 0; row < 4; row++) {
        for (let column = 0; ; column++) {
          if (column > row) continue rows;
          if (row === 3) break rows;
          yield* Remote.transfer(column % 2 === 0 ? alice : bob);
          yield* Process.send(log, `${row}.${column}`);
          out.push(`${row}${column}`);
        }
      }
      block: {
        if (out.length > 3) break block;
        yield* Process.send(log, "never");
      }
      return out.join();
    }),
    expected: "00,10,11,20,21,22",
    effects: ["0.0", "1.0", "1.1", "2.0", "2.1", "2.2"],
    transfers: 5,
  },
  {
    name: "do-while, for-in over keys that go, var and commas",
    body: remote({}, function* (_self: Self, { alice, bob, log }: Places) {
      var seen: string[] = [];
      const table: Record<string, number> = { x: 1, y: 2, z: 3 };
      do {
        yield* Process.send(log, "do");
        seen.push("do");
      } while (seen.length < 2);
      for (const key in table) {
        yield* Remote.transfer(key === "x" ? alice : bob);
        yield* Process.send(log, key);
        seen.push(`${key}${table[key]}`);
        delete table["z"];
      }
      for (var i = 0, j = 5; i < j; i += 2, j--) yield* Process.send(log, `${i}-${j}`);
      return [seen, i, j];
    }),
    expected: [["do", "do", "x1", "y2"], 4, 3],
    effects: ["do", "do", "x", "y", "0-5", "2-4"],
    transfers: 2,
  },
  {
    name: "gives each turn of a loop its own variable",
    body: remote({}, function* (_self: Self, { alice, log }: Places) {
      const functions: (() => number)[] = [];
      for (let i = 0; i < 3; i++) {
        const own = i * 10;
        yield* Process.send(log, `made ${i}`);
        functions.push(() => own + 1);
      }
      yield* Remote.transfer(alice);
      return functions.map((f) => f());
    }),
    expected: [1, 11, 21],
    effects: ["made 0", "made 1", "made 2"],
    transfers: 1,
  },
  {
    name: "a switch that falls through",
    body: remote({}, function* (_self: Self, { alice, bob, log }: Places) {
      const out: string[] = [];
      for (let i = 0; i < 4; i++) {
        switch (i * 2) {
          // @ts-expect-error it falls through on purpose
          case 0:
            yield* Remote.transfer(alice);
            out.push("zero");
          case 2: {
            const two = `two${i}`;
            yield* Process.send(log, two);
            out.push(two);
            break;
          }
          case 4:
            yield* Remote.transfer(bob);
            out.push("four");
            continue;
          default:
            yield* Process.send(log, "default");
            out.push("default");
        }
        out.push("|");
      }
      return out.join(" ");
    }),
    expected: "zero two0 | two1 | four default |",
    effects: ["two0", "two1", "default"],
    transfers: 2,
  },
  {
    name: "a loop whose header yields",
    body: remote({ visit }, function* (_self: Self, { alice, bob, log }: Places) {
      const seen: number[] = [];
      for (let n = yield* visit(alice, 1); n < (yield* visit(bob, 8)); n *= yield* visit(alice, 2)) {
        yield* Process.send(log, `n=${n}`);
        seen.push(n);
      }
      return seen;
    }),
    expected: [1, 2, 4],
    effects: ["n=1", "n=2", "n=4"],
    transfers: 8,
  },
  {
    name: "needs after a jump what nobody needs otherwise",
    body: remote({}, function* (_self: Self, { alice, bob, log }: Places) {
      const kept = ["kept"];
      yield* Remote.transfer(alice);
      yield* Process.send(log, "before");
      done: {
        if (bob !== null) break done;
        yield* Process.send(log, "never");
        return "not this";
      }
      return kept;
    }),
    expected: ["kept"],
    effects: ["before"],
    transfers: 1,
  },
];

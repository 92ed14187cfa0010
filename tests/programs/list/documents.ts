import { fn, Process, remote, Remote, Task, type NodeRef, type Pid, type Self } from "espalier";
import type { Places, Program } from "../program.ts";

const sum = fn((xs: readonly number[]) => xs.reduce((a, b) => a + b, 0));

/** `ex1` of the original documents. */
const ex1 = remote({ sum }, function* (alice: NodeRef, bob: NodeRef) {
  const xs = [92, 3, 145, 9, 2, 64];
  yield* Remote.transfer(alice);
  const first = yield* Remote.here();
  const sorted = xs.toSorted((a, b) => a - b);
  yield* Remote.transfer(bob);
  const second = yield* Remote.here();
  return { sorted, total: sum(sorted), onAlice: first.id === alice.id, onBob: second.id === bob.id };
});

const count = remote({}, function* (_self: Self, node: NodeRef, text: string) {
  yield* Remote.transfer(node);
  const words = new Map<string, number>();
  for (const word of text.toLowerCase().match(/\p{L}+/gu) ?? []) words.set(word, (words.get(word) ?? 0) + 1);
  return words;
});

/** Multiplies what it gets, at `node`, and passes it on. */
const stage = remote({}, function* (self: Self<any>, node: NodeRef, to: Pid<any>, k: number) {
  yield* Remote.transfer(node);
  for (;;) {
    const n: number | "end" = yield* self.receive();
    yield* Process.send(to, n === "end" ? n : n * k);
    if (n === "end") return;
  }
});

export const documents: readonly Program[] = [
  {
    name: "sorts on alice, sums on bob",
    body: remote({ ex1 }, function* (_self: Self, { alice, bob, log }: Places) {
      const result = yield* ex1(alice, bob);
      yield* Process.send(log, `total ${result.total}`);
      return result;
    }),
    expected: { sorted: [2, 3, 9, 64, 92, 145], total: 315, onAlice: true, onBob: true },
    effects: ["total 315"],
    transfers: 2,
  },
  {
    name: "counts words where they are, and adds up at home",
    body: remote({ count }, function* (_self: Self, { alice, bob, home, log }: Places) {
      const texts = ["the cat the dog", "The end", "dog"];
      const tasks: Task<Map<string, number>>[] = [];
      for (const [index, text] of texts.entries()) {
        tasks.push(yield* Task.async(count, index % 2 === 0 ? alice : bob, text));
      }
      const all = new Map<string, number>();
      yield* Remote.transfer(bob);
      for (const task of tasks) {
        for (const [word, n] of yield* Task.await(task)) all.set(word, (all.get(word) ?? 0) + n);
        yield* Process.send(log, `${all.size} words`);
      }
      yield* Remote.transfer(home);
      return [...all].toSorted(([a], [b]) => (a < b ? -1 : 1));
    }),
    expected: [
      ["cat", 1],
      ["dog", 2],
      ["end", 1],
      ["the", 3],
    ],
    effects: ["3 words", "4 words", "4 words"],
    transfers: 5,
  },
  {
    name: "a pipeline of processes on three nodes",
    body: remote({ stage }, function* (self: Self<any>, { alice, bob, log }: Places) {
      const last = yield* Process.spawn(stage, bob, self.pid, 3);
      const first = yield* Process.spawn(stage, alice, last, 2);
      const numbers: unknown[] = [];
      for (const n of [1, 2, 3, "end"]) yield* Process.send(first, n);
      for (;;) {
        const n = yield* self.receive();
        if (n === "end") break;
        numbers.push(n);
        yield* Process.send(log, `${n}`);
      }
      return numbers;
    }),
    expected: [6, 12, 18],
    effects: ["6", "12", "18"],
    transfers: 2,
  },
];

import fc from "fast-check";
import { expect, test } from "vitest";
import { Queue } from "../src/queue.ts";
import { swarm } from "./swarm.ts";

/** One change, done to the queue and to an array that models it; the answers must be equal. */
type Step = (queue: Queue<number>, model: number[]) => void;

const value = fc.integer({ min: 0, max: 9 });

const steps: Record<string, fc.Arbitrary<Step>> = {
  push: value.map((pushed) => (queue, model) => {
    queue.push(pushed);
    model.push(pushed);
  }),
  unshift: value.map((pushed) => (queue, model) => {
    queue.unshift(pushed);
    model.unshift(pushed);
  }),
  shift: fc.constant((queue, model) => expect(queue.shift()).toBe(model.shift())),
  peek: fc.constant((queue, model) => expect(queue.peek()).toBe(model[0])),
  at: fc.integer({ min: -2, max: 20 }).map((index) => (queue, model) => expect(queue.at(index)).toBe(model[index])),
  removeAt: fc.nat(99).map((position) => (queue, model) => {
    if (model.length === 0) return;
    const index = position % model.length;
    expect(queue.removeAt(index)).toBe(model.splice(index, 1)[0]);
  }),
  insertAt: fc.tuple(value, fc.nat(99)).map(([inserted, position]) => (queue, model) => {
    const index = position % (model.length + 1);
    queue.insertAt(index, inserted);
    model.splice(index, 0, inserted);
  }),
  take: fc.tuple(value, fc.nat(3)).map(([wanted, from]) => (queue, model) => {
    const index = model.findIndex((waiting, position) => position >= from && waiting === wanted);
    expect(queue.findIndex((waiting) => waiting === wanted, from)).toBe(index);
    if (index >= 0) expect(queue.removeAt(index)).toBe(model.splice(index, 1)[0]);
  }),
  burst: fc.integer({ min: 1, max: 1500 }).map((count) => (queue, model) => {
    for (let index = 0; index < count; index += 1) queue.push(index);
    for (let index = 0; index < count; index += 1) model.push(index);
  }),
  drain: fc.constant((queue, model) => {
    const drained: unknown[] = [];
    while (queue.length > 0) drained.push(queue.shift());
    expect(drained).toEqual(model.splice(0));
  }),
  clear: fc.constant((queue, model) => {
    queue.clear();
    model.length = 0;
  }),
};

test("a queue answers as an array does", () => {
  fc.assert(
    fc.property(swarm(steps), (sequence) => {
      const queue = new Queue<number>();
      const model: number[] = [];
      for (const step of sequence) {
        step(queue, model);
        expect(queue.length).toBe(model.length);
      }
      expect([...queue]).toEqual(model);
    }),
    { numRuns: 200 },
  );
});

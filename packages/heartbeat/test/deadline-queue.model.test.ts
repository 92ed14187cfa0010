import type { Timed } from "@espalier/heartbeat";
import { DeadlineQueue, notQueued } from "@espalier/heartbeat";
import fc from "fast-check";
import { expect, test } from "vitest";

const deadlines = fc.integer({ min: 0, max: 20 });
const steps = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ type: fc.constant("add" as const), deadlineMs: deadlines }) },
    { weight: 2, arbitrary: fc.record({ type: fc.constant("remove" as const), which: fc.nat() }) },
    { weight: 3, arbitrary: fc.record({ type: fc.constant("move" as const), which: fc.nat(), deadlineMs: deadlines }) },
    { weight: 2, arbitrary: fc.record({ type: fc.constant("pop" as const) }) },
  ),
  { maxLength: 200 },
);

test("gives the earliest deadline, as a sorted list would", () => {
  fc.assert(
    fc.property(steps, (steps) => {
      const queue = new DeadlineQueue<Timed>();
      const model: Timed[] = [];
      const earliest = () => Math.min(...model.map((item) => item.deadlineMs));
      const forget = (item: Timed) => {
        queue.remove(item);
        model.splice(model.indexOf(item), 1);
        expect(item.queueIndex).toBe(notQueued);
      };
      for (const step of steps) {
        if (step.type === "add") {
          const item = { deadlineMs: step.deadlineMs, queueIndex: notQueued };
          queue.add(item);
          model.push(item);
        } else if (model.length > 0) {
          if (step.type === "pop") {
            const first = queue.peek() as Timed;
            expect(first.deadlineMs).toBe(earliest());
            forget(first);
          } else {
            const item = model[step.which % model.length] as Timed;
            if (step.type === "remove") forget(item);
            else {
              item.deadlineMs = step.deadlineMs;
              queue.moved(item);
            }
          }
        }
        expect(queue.size).toBe(model.length);
        if (model.length === 0) expect(queue.peek()).toBeUndefined();
        else expect(queue.peek()?.deadlineMs).toBe(earliest());
      }
      for (const { deadlineMs } of model.toSorted((a, b) => a.deadlineMs - b.deadlineMs)) {
        const first = queue.peek() as Timed;
        expect(first.deadlineMs).toBe(deadlineMs);
        queue.remove(first);
      }
    }),
  );
});

test("removing what is not queued changes nothing", () => {
  const queue = new DeadlineQueue<Timed>();
  queue.add({ deadlineMs: 1, queueIndex: notQueued });
  queue.remove({ deadlineMs: 0, queueIndex: notQueued });
  expect(queue.size).toBe(1);
});

test("removing one item may let another rise", () => {
  const queue = new DeadlineQueue<Timed>();
  const items = [0, 10, 1, 11, 12, 2, 3].map((deadlineMs) => ({ deadlineMs, queueIndex: notQueued }));
  for (const item of items) queue.add(item);
  // 3, the last in the heap, takes the place of 11, under 10.
  queue.remove(items[3] as Timed);
  const order: number[] = [];
  for (let first = queue.peek(); first !== undefined; first = queue.peek()) {
    order.push(first.deadlineMs);
    queue.remove(first);
  }
  expect(order).toEqual([0, 1, 2, 3, 10, 12]);
});

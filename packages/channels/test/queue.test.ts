import { expect, test } from "vitest";
import { Queue } from "../src/queue.ts";

function queueOf<T>(...values: T[]): Queue<T> {
  const queue = new Queue<T>();
  for (const value of values) queue.push(value);
  return queue;
}

test("gives values in the order in which they came", () => {
  const queue = queueOf(1, 2, 3);
  expect([queue.shift(), queue.shift(), queue.shift(), queue.shift()]).toEqual([1, 2, 3, undefined]);
  expect(queue.length).toBe(0);
});

test("keeps the order when the buffer wraps and grows", () => {
  const queue = new Queue<number>();
  let pushed = 0;
  let shifted = 0;
  for (let round = 1; round <= 100; round += 1) {
    for (let count = 0; count < round; count += 1) queue.push(pushed++);
    for (let count = 0; count < round / 2; count += 1) expect(queue.shift()).toBe(shifted++);
  }
  expect([...queue]).toEqual(Array.from({ length: pushed - shifted }, (_, index) => shifted + index));
});

test("looks at the oldest without removing it", () => {
  const queue = queueOf("a", "b");
  expect([queue.peek(), queue.peek(), queue.length]).toEqual(["a", "a", 2]);
  expect(new Queue().peek()).toBe(undefined);
});

test("puts a value back in front", () => {
  const queue = queueOf(2, 3);
  queue.unshift(1);
  expect([...queue]).toEqual([1, 2, 3]);
  const empty = new Queue<number>();
  empty.unshift(1);
  expect(empty.shift()).toBe(1);
});

test("finds the oldest match, and removes it from the middle without changing the order of the others (R-410)", () => {
  const queue = queueOf("a1", "b1", "a2", "b2", "a3");
  const b = queue.findIndex((value) => value.startsWith("b"));
  expect(b).toBe(1);
  expect(queue.removeAt(b)).toBe("b1");
  expect([...queue]).toEqual(["a1", "a2", "b2", "a3"]);
  expect(queue.findIndex((value) => value.startsWith("c"))).toBe(-1);
});

test("does not ask again about values before `from`", () => {
  const asked: string[] = [];
  const index = queueOf("a", "b", "c").findIndex((value) => {
    asked.push(value);
    return false;
  }, 1);
  expect(index).toBe(-1);
  expect(asked).toEqual(["b", "c"]);
});

test("lets a matcher push: it then sees that value too", () => {
  const queue = queueOf(...Array.from({ length: 8 }, (_, index) => index));
  const index = queue.findIndex((value) => {
    if (value === 7) queue.push(8);
    return value === 8;
  });
  expect(index).toBe(8);
});

test("refuses to remove what is not there", () => {
  expect(() => queueOf(1, 2).removeAt(2)).toThrow(new RangeError("index: expected 0 to 1 (2 values wait), got 2"));
  expect(() => queueOf(1, 2).removeAt(-1)).toThrow(RangeError);
  expect(() => queueOf(1, 2).removeAt(Number.NaN)).toThrow(RangeError);
});

test("holds undefined, null and numbers like any other value", () => {
  const queue = queueOf<unknown>(undefined, 1.5, null, undefined);
  expect([queue.length, queue.shift(), queue.shift(), queue.shift(), queue.length]).toEqual([
    4,
    undefined,
    1.5,
    null,
    1,
  ]);
});

import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { Queue } from "../../src/queue.ts";

test("a queue does not keep removed values alive", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const queue = new Queue<object>();
  for (let count = 0; count < 7; count += 1) queue.push({ count });
  queue.unshift({ first: true });
  const gone: WeakRef<object>[] = [];
  const remember = (value: object | undefined) => gone.push(new WeakRef(value as object));
  remember(queue.removeAt(1)); // moves its elders
  remember(queue.removeAt(5)); // moves those after it
  while (queue.length > 0) remember(queue.shift());
  await setImmediate(); // a weak reference holds its target until the end of the job that made it
  collect();
  expect(gone.map((reference) => reference.deref())).toEqual(new Array(8).fill(undefined));
  expect(queue.length).toBe(0);
});

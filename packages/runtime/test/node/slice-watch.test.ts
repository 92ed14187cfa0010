import { expect, test } from "vitest";
import { Node, Process } from "../../src/index.ts";
import { nodeHost } from "../../src/node/index.ts";

test("who watches slices is told whose begins, and when the turn is over; nobody is unless asked for (S366)", async () => {
  await using node = await Node.start({ host: nodeHost() });
  const { scheduler } = node.kernel;
  expect(scheduler.watch).toBeNull();
  const told: string[] = [];
  scheduler.watch = {
    began: ({ label }) => void told.push(label),
    ended: () => void told.push("over"),
  };
  await node.run(function* one() {
    yield* Process.spawn(function* two() {});
  });
  scheduler.watch = null;
  await node.run(function* unseen() {});
  expect(told).toEqual(["one", "two", "over"]);
});

import { fn, remote } from "@espalier/code";
import { Remote, type NodeRef } from "@espalier/runtime";
import { expect, test } from "vitest";
import { Cluster } from "./cluster.ts";

const sum = fn((xs: readonly number[]) => xs.reduce((a, b) => a + b, 0));

const sortThenSum = remote({ sum }, function* (alice: NodeRef, bob: NodeRef) {
  const xs = [92, 3, 145, 9, 2, 64];
  yield* Remote.transfer(alice);
  const sorted = xs.toSorted((a, b) => a - b);
  const first = yield* Remote.here();
  yield* Remote.transfer(bob);
  const second = yield* Remote.here();
  return { total: sum(sorted), first: first.id, second: second.id };
});

test("the rest of a computation runs elsewhere, and its result comes home", async () => {
  const cluster = new Cluster();
  const [o, a, b] = [await cluster.start("o"), await cluster.start("a"), await cluster.start("b")];
  const result = await cluster.wait(o.node.run(sortThenSum(a.ref, b.ref)));
  expect(result).toEqual({ total: 315, first: a.ref.id, second: b.ref.id });
  await cluster.pass(3_000);
  for (const { node } of [o, a, b]) expect(node.inspect().processes).toEqual([]);
  await cluster.stop();
});

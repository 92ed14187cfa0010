import { remote } from "@espalier/code";
import { Remote, type NodeRef } from "@espalier/runtime";
import { Sim, type SimNode } from "@espalier/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { lease } from "./by-hand.ts";

let sim: Sim;
let a: SimNode;
let b: SimNode;

beforeEach(async () => {
  sim = new Sim({ seed: 1, lease });
  ({ a, b } = await sim.nodes("a", "b"));
});
afterEach(() => sim.stop());

/** Where it comes to. */
const visit = remote({}, function* (node: NodeRef) {
  yield* Remote.transfer(node);
  const { id } = yield* Remote.here();
  return id;
});

// b has the definition from a, and names a as its author when it comes back to a: to a later life, which has no definitions yet.
test("what a node's earlier life sent to others is its own code, and may come back to it (S209)", async () => {
  expect(await sim.until(a.run(visit(b.ref)))).toBe(b.ref.id);
  sim.crash(a);
  await sim.restart(a);
  expect(await sim.until(b.run(visit(a.ref)), { withinMs: 20_000 })).toBe(a.ref.id);
});

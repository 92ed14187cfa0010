import { Node, NodeRef, Server, type CallError } from "espalier";
import { property, scenario, simulate, type PlannedOp } from "@espalier/testkit";
import { expect, it } from "vitest";

const Echo = Server.define({ init: () => null, call: { say: (_, what: string) => what } });

/** Whom each node lets in: the other one, or nobody. */
type Lists = { readonly a: boolean; readonly b: boolean };

/** What each node hears when it calls the other. */
async function heard(lists: Lists, otherKey = false): Promise<Record<string, string>> {
  const said: Record<string, string> = {};
  const both = scenario<Node, null>("keys", {
    nodes: { a: {}, b: {}, c: {} },
    boot: async (place) => {
      const { host, identity, url, logger, intercept } = place;
      const others = place.peers.map(({ ref }) => ref.id).filter((id) => id !== identity.id);
      const allow = place.name !== "c" && lists[place.name as "a" | "b"] ? others : [];
      const node = await Node.start({ host, identity, listen: url, allow, logger, intercept });
      place.attach(node);
      await node.run(() => Server.start(Echo, undefined, { name: "echo" }) as never);
      return node;
    },
    observe: () => null,
    workload: (w) => {
      for (const [from, to] of [
        ["a", "b"],
        ["b", "a"],
      ] as const) {
        w.op(`${from} calls ${to}`, { count: 1, on: from }, async ({ node: place }) => {
          const { ref: node } = place.peer(to);
          const ref = otherKey ? new NodeRef(place.peer("c").ref.id, node.address) : node;
          await place.app.run(function* () {
            try {
              said[`${from} to ${to}`] = yield* Server.ref(Echo, { name: "echo", node: ref }).call.say("hello");
            } catch (error) {
              said[`${from} to ${to}`] = (error as CallError).reason.type;
            }
          });
        });
      }
    },
    eventually: [property("nothing is asked", () => null)],
    budget: { virtualMs: 20_000, settleMs: 1_000 },
    module: import.meta.url,
  });
  const ops: PlannedOp[] = ["a calls b", "b calls a"].map((op, index) => ({
    op,
    n: 1,
    atMs: 1 + index * 8_000,
    node: op[0] as string,
    args: null,
  }));
  const { failure } = await simulate(both, { seed: 1, ops });
  expect(failure?.text).toBeUndefined();
  return said;
}

it("R-1309 nodes that let each other's keys in are connected, whoever begins", async () => {
  expect(await heard({ a: true, b: true })).toEqual({ "a to b": "hello", "b to a": "hello" });
});

it("R-1309 nodes that do not let each other's keys in are not connected, in neither direction", async () => {
  expect(await heard({ a: false, b: false })).toEqual({ "a to b": "noconnection", "b to a": "noconnection" });
});

it("R-1309 a list is for those who come: who calls names the key that it expects", async () => {
  expect(await heard({ a: true, b: false })).toEqual({ "a to b": "noconnection", "b to a": "hello" });
});

it("R-1309 at the address of a node that has another key there is no connection, even if all are let in", async () => {
  expect(await heard({ a: true, b: true }, true)).toEqual({ "a to b": "noconnection", "b to a": "noconnection" });
});

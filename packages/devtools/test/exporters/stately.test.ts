import { Node, type Node as RunningNode, type NodeEvent } from "@espalier/runtime";
import { ManualHost } from "@espalier/runtime/testing";
import { Statechart } from "@espalier/statechart";
import { expect, test } from "vitest";
import { createMachine, type InspectionEvent } from "xstate";
import { statelyEvents, type StatelyEvent } from "../../src/exporters/stately.ts";

const bulb = createMachine({ id: "bulb", initial: "cold", states: { cold: { on: { heat: "hot" } }, hot: {} } });

const lamp = Statechart.define(
  createMachine({
    id: "lamp",
    initial: "off",
    states: { off: { on: { press: "on" } }, on: { invoke: { src: bulb, id: "bulb" }, on: { press: "off" } } },
  }),
);

async function bench(): Promise<{ readonly host: ManualHost; readonly node: RunningNode }> {
  const host = new ManualHost();
  return { host, node: await host.wait(Node.start({ host })) };
}

/** As the inspector's receiver tells its own from other messages. */
function isStatelyInspectionEvent(event: unknown): boolean {
  const { type, _version } = event as StatelyEvent;
  return typeof event === "object" && event !== null && typeof type === "string" && typeof _version === "string";
}

test("statecharts are told as actors with their parents, their events and what these led to", async () => {
  const { host, node } = await bench();
  const told: StatelyEvent[] = [];
  const stop = statelyEvents(node, (event) => void told.push(event));
  const ref = await host.wait(node.run(() => Statechart.start(lamp)));
  await host.wait(node.run(() => ref.send({ type: "press" })));
  await host.settle();
  const lines = told.map((event) => {
    const value = "snapshot" in event ? event.snapshot.value : "";
    return [
      event.type,
      event.sessionId === ref.pid.key ? "lamp" : "bulb",
      "event" in event ? event.event.type : "",
      value,
    ];
  });
  expect(lines).toEqual([
    ["@xstate.actor", "lamp", "", "off"],
    ["@xstate.snapshot", "lamp", "xstate.init", "off"],
    ["@xstate.event", "lamp", "press", ""],
    ["@xstate.snapshot", "lamp", "press", "on"],
    ["@xstate.actor", "bulb", "", "cold"],
    ["@xstate.snapshot", "bulb", "xstate.init", "cold"],
  ]);
  const [first, , , , second] = told as readonly any[];
  expect(first).toMatchObject({ name: "lamp", rootId: ref.pid.key, parentId: undefined });
  expect(second).toMatchObject({ name: "bulb", rootId: ref.pid.key, parentId: ref.pid.key });
  expect(JSON.parse(first.definition)).toMatchObject({ id: "lamp", initial: { target: ["#lamp.off"] } });
  expect(Object.keys(JSON.parse(second.definition).states)).toEqual(["cold", "hot"]);
  expect(new Set(told.map(({ id }) => id)).size).toBe(told.length);
  for (const event of told) {
    expect(isStatelyInspectionEvent(JSON.parse(JSON.stringify(event)))).toBe(true);
    const type: InspectionEvent["type"] = event.type;
    expect(type.startsWith("@xstate.")).toBe(true);
    expect(event.createdAt).toMatch(/^\d{13}$/);
  }
  stop();
});

test("whoever comes later is told first of those that run, and of their end", async () => {
  const { host, node } = await bench();
  const ref = await host.wait(node.run(() => Statechart.start(lamp)));
  await host.wait(node.run(() => ref.send({ type: "press" })));
  await host.settle();
  const told: StatelyEvent[] = [];
  statelyEvents(node, (event) => void told.push(event));
  expect(told).toMatchObject([
    { type: "@xstate.actor", sessionId: ref.pid.key, snapshot: { status: "active", value: "on", context: {} } },
    { type: "@xstate.actor", parentId: ref.pid.key, rootId: ref.pid.key, snapshot: { value: "cold" } },
  ]);
  await host.wait(node.stop());
  expect(told.slice(2).map((event) => event.type === "@xstate.snapshot" && event.snapshot.status)).toEqual([
    "stopped",
    "stopped",
  ]);
});

test("a statechart that has come to its end is told as done, and not as stopped after that", async () => {
  const { host, node } = await bench();
  const told: StatelyEvent[] = [];
  statelyEvents(node, (event) => void told.push(event));
  const states = { on: { on: { burn: "burnt" } }, burnt: { type: "final" } } as const;
  const fuse = Statechart.define(createMachine({ id: "fuse", initial: "on", states }));
  const ref = await host.wait(node.run(() => Statechart.start(fuse)));
  await host.wait(node.run(() => ref.send({ type: "burn" })));
  await host.settle();
  expect(node.inspect().processes).toEqual([]);
  const statuses = told.flatMap((event) => ("snapshot" in event ? [event.snapshot.status] : []));
  expect(statuses).toEqual(["active", "active", "done"]);
});

test("an event of a statechart has no values but the states", async () => {
  const { host, node } = await bench();
  const events: NodeEvent[] = [];
  node.events.subscribe((event) => {
    if (event.type === "statechart.transition") events.push(event);
  });
  const ref = await host.wait(node.run(() => Statechart.start(lamp)));
  await host.wait(node.run(() => ref.send({ type: "press", secret: "s3cret" })));
  await host.settle();
  expect(events[1]).toEqual({
    ...{ type: "statechart.transition", pid: ref.pid, parent: null, id: "lamp" },
    ...{ event: "press", from: "off", to: "on", status: "active" },
  });
});

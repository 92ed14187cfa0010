import type { ChaosPort } from "@espalier/devtools";
import { Node, Process, Supervisor, type LocalGenerator, type Pid, type Self } from "espalier";
import { expect, it } from "vitest";
import { chaosActions, LinkTrouble, World, type ChaosEvent } from "../../src/index.ts";

type RunningNode = Awaited<ReturnType<typeof Node.start>>;

interface Started {
  readonly node: RunningNode;
  readonly chaos: ChaosPort;
  readonly events: ChaosEvent[];
}

async function start(world: World, name: string): Promise<Started> {
  const { host, identity, url } = world.machine(name);
  const trouble = new LinkTrouble();
  const { intercept } = trouble;
  const node = await world.until(
    Node.start({ host, identity, listen: url, allow: "anyone", intercept, logger: { report: () => {} } }),
  );
  const events: ChaosEvent[] = [];
  node.events.subscribe((event) => {
    if (event.type === "chaos") events.push(event);
  });
  return { node, chaos: chaosActions(node, { trouble }), events };
}

function* idle(self: Self<string>): LocalGenerator<void> {
  for (;;) yield* self.receive();
}

const Tissue = Supervisor.define({
  intensity: { restarts: 100, within: "1s" },
  children: ["a", "b", "c"].map((id) => Supervisor.worker(id, idle, [])),
});

async function startTissue(world: World, { node }: Started): Promise<Pid> {
  const supervisor = await world.until(node.run(() => Supervisor.start(Tissue, undefined, {})));
  return supervisor.pid;
}

/** The processes of the supervisor's children, by their ids. */
function childrenOf({ node }: Started, supervisor: Pid): Readonly<Record<string, string>> {
  const details = node.inspect(supervisor)?.details;
  if (details?.type !== "supervisor") throw new Error("expected a supervisor");
  return Object.fromEntries(details.children.map(({ id, pid }) => [id, pid?.key ?? "none"]));
}

it("kills one process below a supervisor, the same one under the same seed, and says so", async () => {
  const killed: string[] = [];
  for (const seed of ["3", "3", "4", "5", "6"]) {
    const world = new World({ seed: 1 });
    const a = await start(world, "a");
    const supervisor = await startTissue(world, a);
    const before = childrenOf(a, supervisor);
    const said = await a.chaos.do("kill-one", { below: supervisor.key, seed });
    await world.run(10);
    const after = childrenOf(a, supervisor);
    const [gone] = Object.keys(before).filter((id) => before[id] !== after[id]);
    expect(Object.values(before).filter((pid) => Object.values(after).includes(pid))).toHaveLength(2);
    expect(a.events).toMatchObject([{ action: "kill-one", text: said, pid: { key: before[gone as string] } }]);
    expect(a.node.kernel.recorder.entries().map(({ event }) => event)).toContainEqual(a.events[0]);
    killed.push(gone as string);
    await world.until(a.node.stop());
  }
  expect(killed[0]).toBe(killed[1]);
  expect(new Set(killed).size).toBeGreaterThan(1);
});

it("kills all children of a supervisor, which starts them again", async () => {
  const world = new World({ seed: 1 });
  const a = await start(world, "a");
  const supervisor = await startTissue(world, a);
  const before = Object.values(childrenOf(a, supervisor));
  expect(await a.chaos.do("kill-children", { of: supervisor.key })).toMatch(/^killed 3 children of /);
  await world.run(10);
  const after = Object.values(childrenOf(a, supervisor));
  expect(after).toHaveLength(3);
  expect(before.filter((pid) => after.includes(pid))).toEqual([]);
  await world.until(a.node.stop());
});

it("kills children, and not theirs", async () => {
  const world = new World({ seed: 1 });
  const a = await start(world, "a");
  const [above, grandchild] = await world.until(
    a.node.run(function* (self: Self<Pid>) {
      const child = function* (_self: Self<never>, to: Pid<any>): LocalGenerator<void> {
        yield* Process.send(to, yield* Process.spawn(() => Process.sleep("1h")));
        yield* Process.sleep("1h");
      };
      const above = yield* Process.spawn(function* () {
        yield* Process.spawn(child, self.pid);
        yield* Process.sleep("1h");
      });
      return [above, yield* self.receive()] as const;
    }),
  );
  expect(await a.chaos.do("kill-children", { of: above.key })).toMatch(/^killed 1 children of /);
  await world.run(10);
  expect([above, grandchild].map((pid) => a.node.inspect(pid) !== undefined)).toEqual([true, true]);
  expect(a.node.inspect().processes).toHaveLength(2);
  await world.until(a.node.stop());
});

it("floods a mailbox", async () => {
  const world = new World({ seed: 1 });
  const a = await start(world, "a");
  const deaf = await world.until(
    a.node.run(function* () {
      return yield* Process.spawn(function* () {
        yield* Process.sleep("1h");
      });
    }),
  );
  await a.chaos.do("flood", { process: deaf.key, messages: "1000" });
  expect(a.node.inspect(deaf)?.mailbox).toBe(1_000);
  await world.until(a.node.stop());
});

/** Two nodes, and what comes at the second one with its time. */
async function pair(): Promise<{
  readonly world: World;
  readonly a: Started;
  readonly b: Started;
  readonly heard: { readonly n: number; readonly atMs: number }[];
  readonly send: (n: number) => Promise<void>;
}> {
  const world = new World({ seed: 1 });
  const [a, b] = [await start(world, "a"), await start(world, "b")];
  const heard: { readonly n: number; readonly atMs: number }[] = [];
  const ears = await world.until(
    b.node.run(function* () {
      return yield* Process.spawn(function* (self: Self<number>) {
        for (;;) heard.push({ n: yield* self.receive(), atMs: world.nowMs });
      });
    }),
  );
  const send = (n: number): Promise<void> =>
    world.until(
      a.node.run(function* () {
        yield* Process.send(ears, n);
      }),
    );
  a.node.kernel.distribution?.learn(b.node.ref);
  await send(0);
  await world.until(() => heard.length === 1);
  return { world, a, b, heard, send };
}

it("holds messages to a node back, and sends them in order when that is over; the link stays", async () => {
  const { world, a, b, heard, send } = await pair();
  const fromMs = world.nowMs;
  await a.chaos.do("hold-messages", { node: b.node.ref.id, for: "5s" });
  for (const n of [1, 2, 3]) await send(n);
  await world.run(4_900);
  expect(heard.map(({ n }) => n)).toEqual([0]);
  await world.run(200);
  await send(4);
  await world.run(100);
  expect(heard.map(({ n }) => n)).toEqual([0, 1, 2, 3, 4]);
  expect(heard[1]?.atMs).toBeGreaterThanOrEqual(fromMs + 5_000);
  expect(a.node.kernel.distribution?.links()[0]?.upMs).toBeGreaterThan(5_000);
});

it("slows messages to a node, in order, until that is over (S338)", async () => {
  const { world, a, b, heard, send } = await pair();
  await a.chaos.do("slow-messages", { node: b.node.ref.id, by: "300ms", for: "1s" });
  const fromMs = world.nowMs;
  await send(1);
  await world.run(950);
  await send(2);
  await world.run(100);
  await send(3);
  await world.run(1_000);
  expect(heard.map(({ n }) => n)).toEqual([0, 1, 2, 3]);
  const [, first, second] = heard.map(({ atMs }) => atMs - fromMs) as [number, number, number];
  expect(first).toBeGreaterThanOrEqual(300);
  // It goes out when the trouble is over, and not 300 ms later.
  expect(second).toBeGreaterThanOrEqual(1_000);
  expect(second).toBeLessThan(1_100);
});

it("breaks the connection with a node", async () => {
  const { world, a, b } = await pair();
  const downs: unknown[] = [];
  a.node.events.subscribe((event) => {
    if (event.type === "node.down") downs.push(event.node);
  });
  await a.chaos.do("cut", { node: b.node.ref.id });
  await world.run(100);
  expect(downs).toEqual([b.node.ref.id]);
});

it("offers what can be done on the node, and refuses what makes no sense by name", async () => {
  const world = new World({ seed: 1 });
  const a = await start(world, "a");
  const names = a.chaos.list().map(({ name }) => name);
  expect(names).toEqual(["kill-one", "kill-children", "flood", "block", "cut", "hold-messages", "slow-messages"]);
  expect(chaosActions(a.node).list()).toHaveLength(5);
  const pid = await world.until(
    a.node.run(function* () {
      return yield* Process.spawn(function* () {
        yield* Process.sleep("1h");
      });
    }),
  );
  for (const [action, parameters, message] of [
    [
      "explode",
      {},
      'chaos: expected one of kill-one, kill-children, flood, block, cut, hold-messages, slow-messages, got "explode"',
    ],
    ["kill-one", { below: "x", seed: "1" }, `kill-one: below: expected a process's key, got "x"`],
    ["kill-one", { below: pid.key, seed: "1" }, "kill-one: below: expected a process with others below it"],
    ["kill-one", { below: `${pid.key}9`, seed: "1" }, "kill-one: below: expected a process that lives here"],
    ["kill-one", { below: pid.key, seed: "-1" }, "kill-one: seed: expected a whole number from 0 to"],
    ["kill-one", { below: pid.key, seed: "1", of: "x" }, 'kill-one: expected only below, seed, got "of"'],
    ["flood", { process: pid.key, messages: "100001" }, "flood: messages: expected a whole number from 1 to 100000"],
    ["flood", { process: pid.key }, "flood: messages: expected some text, got nothing"],
    ["block", { for: "11s" }, 'block: for: expected more than 0 ms and at most 10000 ms, got "11s"'],
    ["block", { for: "1s" }, "block: expected a host whose clock goes on while a program computes"],
    ["cut", { node: "x" }, 'cut: node: expected a node that this one is connected with (there is none), got "x"'],
  ] as const) {
    await expect(a.chaos.do(action, parameters)).rejects.toThrow(message);
  }
  expect(a.events).toEqual([]);
  await world.until(a.node.stop());
});

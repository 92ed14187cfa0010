import { Channel } from "@espalier/channels";
import { Heartbeat, type LocalGenerator } from "@espalier/heartbeat";
import { Process, Server, type Pid, type Self, type TreeView } from "@espalier/runtime";
import { expect, test } from "vitest";
import { bench } from "./helpers.ts";

function* idle(self: Self<unknown>) {
  yield* self.receive({ match: () => false });
}

function* parent(self: Self<unknown>) {
  yield* Process.register("parent");
  yield* Process.spawnLink(idle);
  yield* Process.spawn(idle);
  yield* idle(self);
}

test("node.inspect() gives the tree, processes with links and mailboxes, heartbeats and channels", async () => {
  const { node, host } = await bench();
  const running = node.run(function* top(self: Self<unknown>) {
    const pid = yield* Process.spawn(parent);
    yield* Process.send(pid, "waits in the mailbox");
    yield* Heartbeat.create("10s");
    yield* Channel.create({ capacity: 3 });
    yield* self.receive();
  });
  host.run();
  const view = node.inspect();

  const top = find(view.tree, "top");
  expect(top?.children.map(({ process }) => process.name)).toEqual(["parent"]);
  const [{ process, children } = { process: undefined, children: [] }] = top?.children ?? [];
  expect(children.map((child) => child.process.label)).toEqual(["idle", "idle"]);
  expect(process).toMatchObject({ status: "waiting", waitingFor: "receive", mailbox: 1, place: "home" });
  expect(process?.links.map(String)).toEqual([String(children[0]?.process.pid)]);
  expect(view.heartbeats).toMatchObject([{ decidedHere: true, status: { state: "live" } }]);
  expect(view.channels.channels).toMatchObject([{ owner: top?.process.pid }]);

  await host.wait(node.stop());
  await expect(running).rejects.toMatchObject({ reason: { type: "shutdown" } });
  expect(node.inspect()).toMatchObject({ processes: [], tree: [], channels: { channels: [] } });
});

test("node.inspect() gives timers by their owners, open scopes, whom a process waits for, and what it says of itself", async () => {
  const { node, host } = await bench();
  const server = Server.define({ init: () => 0, call: { never: () => Server.defer<number>(() => {}) } });
  let details = 1;
  const running = node.run(function* top(self: Self<unknown>) {
    yield* Process.expose((() => ({ type: "test", details })) as never);
    const ref = yield* Server.start(server, undefined);
    yield* Process.register("server", ref.target as Pid);
    yield* Process.spawn(function* caller(): LocalGenerator<void> {
      const scope = yield* Heartbeat.create("10s");
      yield* Heartbeat.link(scope, ref.call.never().within("1s"));
    });
    yield* Process.sendAfter("2s", self.pid, "hello");
    yield* self.receive();
  });
  host.run();
  const view = node.inspect();
  const [top, served, caller] = view.processes;
  expect(top).toMatchObject({ details: { type: "test", details: 1 }, waitingOn: null, scopes: [], cancelled: false });
  expect(caller).toMatchObject({ details: null });
  expect(String(caller?.waitingOn)).toBe(String(served?.pid));
  expect(caller?.scopes.map(String)).toEqual([String(view.heartbeats[0]?.heartbeat)]);
  const timers = view.timerList.map(({ what, owner, remainingMs }) => [
    what,
    owner === null ? null : String(owner),
    remainingMs,
  ]);
  expect(timers.toSorted((a, b) => Number(a[2]) - Number(b[2]))).toEqual([
    [`call never to ${String(served?.pid)}`, String(caller?.pid), 1_000],
    [`message to ${String(top?.pid)}`, String(top?.pid), 2_000],
    ["heartbeats", null, 10_000],
  ]);
  expect(view.timers).toBe(3);
  expect(view.records).toMatchObject({ names: 1, heartbeatWaits: 1, heartbeats: 1, remoteWatchers: 0, unheard: 0 });
  details = 2;
  expect(node.inspect().processes[0]?.details).toEqual({ type: "test", details: 2 });
  await host.wait(node.stop());
  await running.catch(() => {});
});

test("events tell of heartbeats and of scopes: made, reset, ended once, told, entered, cancelled, left", async () => {
  const { node, host } = await bench();
  const lines: string[] = [];
  node.events.subscribe((event) => {
    if (!/^(heartbeat|scope)\./.test(event.type)) return;
    const cause = "cause" in event ? ` ${event.cause?.type}` : "";
    const outcome = "outcome" in event && typeof event.outcome === "string" ? ` ${event.outcome}` : "";
    lines.push(`${event.type}${cause}${outcome}`);
  });
  await host.wait(
    node.run(function* () {
      const scope = yield* Heartbeat.create("10s");
      yield* Heartbeat.reset(scope, "20s");
      const end = yield* Heartbeat.supervise(scope);
      yield* Process.spawn(function* () {
        yield* Heartbeat.link(scope, Process.sleep("1h"));
      });
      yield* Process.sleep(1);
      yield* Heartbeat.stop(scope);
      yield* end;
      yield* Heartbeat.reset(scope, "20s");
      yield* Process.sleep(1);
    }),
  );
  expect(lines).toEqual([
    "heartbeat.created",
    "heartbeat.reset accepted",
    "scope.entered",
    "heartbeat.ended stopped",
    "heartbeat.told stopped",
    "heartbeat.told stopped",
    "scope.cancelled",
    "heartbeat.reset refused",
    "scope.left",
  ]);
});

function find(trees: readonly TreeView[], label: string): TreeView | undefined {
  return trees.find(({ process }) => process.label === label);
}

test("a process says what it is called, and its crash is reported under that", async () => {
  const { run, reports } = await bench();
  const labels = await run(function* (self: Self<unknown>) {
    const { pid } = yield* Process.spawnMonitor(function* body(own: Self<unknown>): LocalGenerator<void> {
      yield* Process.setLabel("the till");
      yield* own.receive();
      throw new Error("empty");
    });
    const before = (yield* Process.info(pid))?.label;
    yield* Process.sleep(0);
    const after = (yield* Process.info(pid))?.label;
    yield* Process.send(pid, "go");
    yield* self.receive();
    return [before, after];
  });
  expect(labels).toEqual(["body", "the till"]);
  expect(reports).toMatchObject([{ type: "crash", label: "the till" }]);
  for (const label of ["", 7, undefined]) {
    expect(() => Process.setLabel(label as string)).toThrow("Process.setLabel: expected a string");
  }
});

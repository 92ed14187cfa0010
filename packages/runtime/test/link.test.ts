import { shutdown, type Cause, type LocalGenerator } from "@espalier/heartbeat";
import { NodeAddress, Pid, Process, type Self } from "@espalier/runtime";
import { expect, test } from "vitest";
import { attempt, bench, record } from "./helpers.ts";

const bored: Cause = { type: "exit", reason: "bored" };

function* idle(self: Self<unknown>): LocalGenerator<void> {
  for (;;) yield* self.receive();
}

test("there is at most one link for a pair: repeated link is one, one unlink from either side removes it (S15, R-201)", async () => {
  const { run, node } = await bench();
  const events = record(node);
  const result = await run(function* (self: Self<unknown>) {
    const pid = yield* Process.spawn(idle);
    yield* Process.link(pid);
    yield* Process.link(pid);
    const linked = node.inspect().processes.map((process) => process.links.length);
    yield* Process.unlink(pid);
    const unlinked = node.inspect().processes.map((process) => process.links.length);
    yield* Process.exit(pid, bored);
    return { linked, unlinked, alive: yield* Process.alive(self.pid) };
  });
  expect(result).toEqual({ linked: [1, 1], unlinked: [0, 0], alive: true });
  expect(events.filter((event) => event.type === "link" || event.type === "unlink")).toHaveLength(2);
});

test("linking to oneself is nothing (S15, R-202)", async () => {
  const { run, node } = await bench();
  const links = await run(function* (self: Self) {
    yield* Process.link(self.pid);
    return node.inspect().processes[0]?.links;
  });
  expect(links).toEqual([]);
});

test("linking to a dead process of this node fails at once, or is an EXIT to one that traps exits (S16, R-203)", async () => {
  const { run } = await bench();
  const result = await run(function* (self: Self<Process.Exit>) {
    const pid = yield* Process.spawn(idle);
    yield* Process.kill(pid);
    const failed = yield* attempt(Process.link(pid));
    yield* Process.trapExit(true);
    yield* Process.link(pid);
    const exit = yield* self.receive();
    return { failed, exit, same: exit.from === pid };
  });
  expect(result).toMatchObject({
    failed: { reason: { type: "noproc" } },
    exit: { cause: { type: "noproc" } },
    same: true,
  });
});

test("linking to a process of an earlier life of this node is an exit signal noproc, and leaves no link (S16, R-204)", async () => {
  const { run, node } = await bench();
  const stale = new Pid(new NodeAddress(node.ref.id, "an earlier life"), 1);
  const result = await run(function* (self: Self<Process.Exit | Process.Down>) {
    yield* Process.spawnMonitor(function* () {
      yield* Process.link(stale);
      yield* Process.sleep("1h");
    });
    const down = yield* self.receive();
    yield* Process.trapExit(true);
    yield* Process.link(stale);
    const exit = yield* self.receive();
    return [down.cause.type, exit.cause.type, node.inspect().processes[0]?.links];
  });
  expect(result).toEqual(["noproc", "noproc", []]);
});

test("a link to a node that cannot be reached breaks with noconnection (S16, R-123, R-205)", async () => {
  const { run } = await bench();
  const away = new Pid(new NodeAddress("E".repeat(43), "1"), 1);
  const cause = await run(function* (self: Self<Process.Exit>) {
    yield* Process.trapExit(true);
    yield* Process.link(away);
    return (yield* self.receive()).cause;
  });
  expect(cause).toEqual({ type: "noconnection", node: "E".repeat(43) });
});

test("after unlink nothing comes through the link any more; an EXIT that was there stays (S17, R-206, R-207)", async () => {
  const { run } = await bench();
  const result = await run(function* (self: Self<Process.Exit>) {
    yield* Process.trapExit(true);
    const early = yield* Process.spawnLink(idle);
    const late = yield* Process.spawnLink(idle);
    yield* Process.exit(early, bored);
    yield* Process.unlink(early);
    yield* Process.unlink(late);
    yield* Process.exit(late, bored);
    const stayed = yield* self.receive({ within: 0, otherwise: null });
    const nothing = yield* self.receive({ within: "1s", otherwise: null });
    return { stayed: stayed?.from === early, nothing };
  });
  expect(result).toEqual({ stayed: true, nothing: null });
});

test("when a process dies all its links are gone from the others (S17, R-209)", async () => {
  const { run, node } = await bench();
  const links = await run(function* () {
    yield* Process.trapExit(true);
    const pids: Pid[] = [];
    for (let count = 0; count < 5; count += 1) pids.push(yield* Process.spawnLink(idle));
    for (const pid of pids) yield* Process.exit(pid, shutdown);
    return node.inspect().processes.map((process) => process.links);
  });
  expect(links).toEqual([[]]);
});

test("spawnLink is atomic: a child that dies at once takes the spawner along (S18, R-140)", async () => {
  const { run } = await bench();
  const cause = await run(function* (self: Self<Process.Down>) {
    yield* Process.spawnMonitor(function* () {
      yield* Process.spawnLink(() => Process.exit(bored));
      yield* Process.sleep("1h");
    });
    return (yield* self.receive()).cause;
  });
  expect(cause).toEqual(bored);
});

test("a typed mailbox maps exits to messages of its own, where trapping begins (S25)", async () => {
  const { run } = await bench();
  const message = await run(function* (self: Self<{ gone: string }>) {
    yield* self.trapExit((exit) => ({ gone: exit.cause.type }));
    yield* Process.spawnLink(() => Process.exit(bored));
    return yield* self.receive();
  });
  expect(message).toEqual({ gone: "exit" });
});

test("a map that throws is the end of the process that gave it, not of anybody else (S25)", async () => {
  const { run, reports } = await bench();
  const result = await run(function* (self: Self<Process.Down>) {
    yield* Process.spawnMonitor(function* (child: Self<string>) {
      yield* child.trapExit(() => {
        throw new RangeError("in the map");
      });
      yield* Process.spawnLink(() => Process.exit(bored));
      yield* child.receive();
    });
    return (yield* self.receive()).cause;
  });
  expect(result).toMatchObject({ type: "error", error: { message: "in the map" } });
  expect(reports).toHaveLength(2);
});

import {
  CheckpointError,
  createIdentity,
  Heartbeat,
  Process,
  remote,
  Remote,
  startConnected,
  Task,
  type Down,
  type Exit,
  type Node,
  type Self,
} from "espalier";
import { ManualDisk, ManualHost } from "@espalier/runtime/testing";
import { beforeEach, describe, expect, test } from "vitest";
import { begin, pass, type Life } from "./machine.ts";

let disk: ManualDisk;
beforeEach(() => {
  disk = new ManualDisk();
});

async function live(boot?: (node: Node) => void): Promise<Life> {
  const life = await begin(disk, boot);
  if (life === null) throw new Error("the node did not start");
  return life;
}

const files = (): readonly string[] => [...disk.files.keys()].filter((path) => path.startsWith("state/checkpoints/"));

/** Waits at its checkpoint for messages, and tells what it gets to the process `told`. */
const waiter = remote({}, function* waiter(self: Self<unknown>) {
  yield* Process.register("waiter");
  const { epoch, resumed } = yield* Remote.checkpoint();
  for (;;) {
    const message = yield* self.receive();
    yield* Process.send("told", { epoch, resumed, message, own: self.pid });
  }
});

function* listen(self: Self<unknown>, heard: unknown[]) {
  yield* Process.register("told");
  for (;;) heard.push(yield* self.receive());
}

function* say(_self: Self<never>, to: string, message: unknown) {
  yield* Process.send(to, message);
}

describe("a computation that is resumed", () => {
  test("is a new process with its old name, its mailbox and its place in the code (S199)", async () => {
    const first = await live((node) => void node.run(Process.spawn(queued)));
    const old = first.node.inspect().processes.find(({ name }) => name === "queued");
    expect(old?.checkpoint).toEqual({
      computation: expect.stringMatching(/^[0-9a-f]{24}$/),
      epoch: 1,
      takenAtMs: 1_800_000_000_000,
    });
    first.crash();
    const heard: unknown[] = [];
    const second = await live((node) => void node.run(listen, heard));
    const view = second.node.inspect().processes.find(({ name }) => name === "queued");
    expect(view?.checkpoint).toEqual({ ...old?.checkpoint, epoch: 2 });
    expect(view?.pid.equals(old?.pid as never)).toBe(false);
    expect(heard).toEqual([{ first: "a", second: "b", own: true, steps: 3 }]);
    expect(second.events.filter(({ type }) => type === "checkpoint.resumed")).toHaveLength(1);
  });

  test("gets what its own timers send, as much later as was left", async () => {
    const first = await live((node) => void node.run(Process.spawn(timed)));
    expect(files()).toHaveLength(1);
    first.crash();
    const heard: unknown[] = [];
    const second = await live((node) => void node.run(listen, heard));
    second.host.advance(399);
    expect(heard).toEqual([]);
    second.host.advance(2);
    expect(heard).toEqual(["late"]);
  });

  test("hears of those that it monitored or was linked with that they are gone (S200)", async () => {
    const first = await live((node) => void node.run(Process.spawn(parent)));
    expect(files()).toHaveLength(1);
    first.crash();
    const heard: unknown[] = [];
    await live((node) => void node.run(listen, heard));
    expect(heard).toEqual([["DOWN:noproc", "EXIT:noproc"]]);
  });

  test("leaves the scopes of heartbeats that ended with the former life", async () => {
    const first = await live((node) => void node.run(Process.spawn(scoped)));
    expect(files()).toHaveLength(1);
    first.crash();
    const heard: unknown[] = [];
    const second = await live((node) => void node.run(listen, heard));
    expect(heard).toEqual(["unresponsive"]);
    expect(second.reports).toEqual([]);
    expect(files()).toEqual([]);
  });

  test("gets an error for a task that went with the former life", async () => {
    const first = await live((node) => void node.run(Process.spawn(delegating)));
    expect(files()).toHaveLength(1);
    first.crash();
    const heard: unknown[] = [];
    await live((node) => void node.run(listen, heard));
    expect(heard).toEqual([expect.stringMatching(/^task .* failed: noproc/)]);
  });

  test("does not take a name that somebody has", async () => {
    const first = await live((node) => void node.run(Process.spawn(waiter)));
    first.crash();
    const second = await live((node) => void node.run(Process.spawn(waiter)));
    const processes = second.node.inspect().processes.filter(({ label }) => label === "waiter");
    expect(processes.filter(({ name }) => name === "waiter")).toHaveLength(1);
    second.crash();
  });

  test("knows itself", async () => {
    const first = await live((node) => void node.run(Process.spawn(waiter)));
    first.crash();
    const heard: { own: { equals(pid: unknown): boolean }; epoch: number; resumed: boolean }[] = [];
    const second = await live((node) => void node.run(listen, heard));
    await second.host.wait(second.node.run(say, "waiter", "hello"));
    await pass(second.host);
    const [view] = second.node.inspect().processes.filter(({ name }) => name === "waiter");
    expect(heard[0]).toMatchObject({ epoch: 2, resumed: true, message: "hello" });
    expect(heard[0]?.own.equals(view?.pid)).toBe(true);
  });
});

const queued = remote({}, function* queued(self: Self<string>) {
  yield* Process.register("queued");
  yield* Process.send(self.pid, "a");
  yield* Process.send(self.pid, "b");
  const steps = [1];
  steps.push(2);
  yield* Remote.checkpoint();
  steps.push(3);
  const { resumed } = yield* Remote.checkpoint();
  if (!resumed) yield* self.receive({ match: (message) => message === "never" });
  const first = yield* self.receive();
  const second = yield* self.receive();
  const me = yield* Process.whereis("queued");
  yield* Process.send("told", { first, second, own: me?.equals(self.pid), steps: steps.length });
  yield* self.receive();
});

const idle = remote({}, function* idle(self: Self<string>) {
  yield* self.receive();
});

const delegating = remote({ idle }, function* delegating() {
  const task = yield* Task.async(idle);
  yield* Remote.checkpoint();
  const attempt = yield* Remote.attempt(Task.await(task));
  yield* Process.send(
    "told",
    attempt.type === "failure" && attempt.cause.type === "error" ? attempt.cause.error.message : attempt.type,
  );
});

const inside = remote({}, function* inside() {
  yield* Remote.checkpoint();
  yield* Process.sleep(1_000_000);
});

const scoped = remote({ inside }, function* scoped() {
  const heartbeat = yield* Heartbeat.create("1h");
  const attempt = yield* Remote.attempt(Heartbeat.link(heartbeat, inside()));
  yield* Process.send("told", attempt.type === "failure" ? attempt.cause.type : "success");
});

const timed = remote({}, function* timed(self: Self<string>) {
  yield* Process.sendAfter(400, self.pid, "late");
  yield* Remote.checkpoint();
  yield* Process.send("told", yield* self.receive());
});

const parent = remote({ idle }, function* parent(self: Self<Down | Exit>) {
  yield* Process.trapExit(true);
  yield* Process.monitor(yield* Process.spawn(idle));
  yield* Process.spawnLink(idle);
  yield* Remote.checkpoint();
  const first = yield* self.receive();
  const second = yield* self.receive();
  yield* Process.send("told", [`${first.type}:${first.cause.type}`, `${second.type}:${second.cause.type}`]);
});

describe("a checkpoint goes", () => {
  test.each([
    ["returns", "return", "normal"],
    ["throws", "throw", "error"],
  ])("before anybody hears that the body %s", async (_how, what) => {
    const left: number[] = [];
    const life = await live((node) => void node.run(watching, what, () => left.push(files().length)));
    expect(left).toEqual([0]);
    expect(life.events.map(({ type }) => type)).toContain("checkpoint.removed");
  });

  test("when the process is killed, and is kept when its node is stopped (S201)", async () => {
    const life = await live((node) => void node.run(Process.spawn(waiter)));
    const [view] = life.node.inspect().processes.filter(({ name }) => name === "waiter");
    void life.node.run(function* () {
      yield* Process.exit(view?.pid as never, { type: "kill" });
    });
    await pass(life.host);
    expect(files()).toEqual([]);
    void life.node.run(Process.spawn(waiter));
    await pass(life.host);
    expect(files()).toHaveLength(1);
    await life.host.wait(life.node.stop());
    expect(files()).toHaveLength(1);
    expect(disk.locks.size).toBe(0);
  });
});

const ends = remote({}, function* ends(what: string) {
  yield* Remote.checkpoint();
  if (what === "throw") throw new Error("on purpose");
  return what;
});

function* watching(self: Self<Down>, what: string, told: () => void) {
  yield* Process.spawnMonitor(ends(what));
  yield* self.receive();
  told();
}

describe("a checkpoint is refused", () => {
  const step = remote({}, function* step() {
    return (yield* Remote.checkpoint()).epoch;
  });

  test("to processes that somebody else decides about (S203)", async () => {
    const { node, host } = await live();
    const errors = await host.wait(
      node.run(function* (self: Self<Down>) {
        const found: string[] = [];
        yield* Process.trapExit(true);
        for (const start of [Process.spawnLink, Process.spawn]) {
          const pid = yield* start(step);
          yield* Process.monitor(pid);
        }
        for (let count = 0; count < 3; count += 1) {
          const { type, cause } = yield* self.receive();
          found.push(`${type} ${cause.type === "error" ? cause.error.message : cause.type}`);
        }
        try {
          yield* Task.await(yield* Task.async(step));
        } catch (error) {
          found.push(String(error));
        }
        return found;
      }),
    );
    expect(errors.toSorted()).toEqual([
      expect.stringMatching(/^DOWN Remote.checkpoint: cannot take one of step: it is linked with its parent/),
      "DOWN normal",
      expect.stringMatching(/^EXIT Remote.checkpoint/),
      expect.stringMatching(/TaskError.*it is a task, and its result is awaited/),
    ]);
    expect(files()).toEqual([]);
  });

  test("by a node that keeps no data, which says what to write", async () => {
    const host = new ManualHost();
    const node = await host.wait(startConnected({ host, identity: createIdentity(host) }));
    await expect(host.wait(node.run(step()))).rejects.toThrow('start it with Node.start({ data: "./state" })');
  });

  test("when something alive cannot travel, and the one before stands", async () => {
    const { node, host } = await live();
    await expect(host.wait(node.run(stuck()))).rejects.toThrow(/`pending` of stuck .* cannot travel/);
    expect(files()).toEqual([]);
  });

  test("beyond as many as the node may have", async () => {
    const { node, host } = await live((starting) => {
      for (let each = 0; each < 3; each += 1) void starting.run(Process.spawn(waiting));
    });
    expect(files()).toHaveLength(3);
    await expect(host.wait(node.run(step()))).rejects.toThrow(
      "this node has 3 computations with a checkpoint already, and no more are allowed",
    );
  });

  test("when the disk is full: with its error, and the one before stands", async () => {
    const life = await live();
    const heard: unknown[] = [];
    void life.node.run(listen, heard);
    void life.node.run(Process.spawn(filling));
    await pass(life.host);
    const before = disk.files.get(files()[0] as string);
    life.disk.trouble = new Error("ENOSPC: no space left");
    await life.host.wait(life.node.run(say, "filling", "go"));
    await pass(life.host);
    expect(heard).toEqual(["ENOSPC: no space left"]);
    expect(disk.files.get(files()[0] as string)).toBe(before);
  });

  test("when another node has taken the computation over", async () => {
    const life = await live();
    const heard: unknown[] = [];
    void life.node.run(listen, heard);
    void life.node.run(Process.spawn(filling));
    await pass(life.host);
    // As if the lock could not keep it away: on a disk that several machines share.
    disk.locks.clear();
    const other = await live();
    expect(other.events.map(({ type }) => type)).toContain("checkpoint.resumed");
    await life.host.wait(life.node.run(say, "filling", "go"));
    await pass(life.host);
    expect(heard).toEqual([expect.stringMatching(/expected epoch 1, found epoch 2: another node has taken/)]);
    expect(files()).toHaveLength(1);
  });
});

const waiting = remote({}, function* waiting(self: Self<never>) {
  yield* Remote.checkpoint();
  yield* self.receive();
});

const stuck = remote({}, function* stuck() {
  const pending = Promise.resolve(1);
  yield* Remote.checkpoint();
  return yield* Remote.promise(() => pending);
});

const filling = remote({}, function* filling(self: Self<string>) {
  yield* Process.register("filling");
  yield* Remote.checkpoint();
  yield* self.receive();
  try {
    yield* Remote.checkpoint();
  } catch (error) {
    yield* Process.send("told", (error as Error).message);
  }
  yield* self.receive();
});

describe("when a node starts", () => {
  test("a file that nothing can be made of is put aside and reported, and the others are resumed (S204)", async () => {
    const first = await live((node) => void node.run(Process.spawn(waiter)));
    first.crash();
    const [[path, file]] = [...disk.files] as [[string, { bytes: Uint8Array; secret: boolean }]];
    const put = (name: string, bytes: Uint8Array): void =>
      void disk.files.set(`state/checkpoints/${name}.checkpoint`, { bytes, secret: true });
    put(
      "damaged",
      file.bytes.map((byte, index) => (index === file.bytes.length - 1 ? byte ^ 1 : byte)),
    );
    put("empty", new Uint8Array());
    put("later", new TextEncoder().encode("espalier-checkpoint 9 abc\n{}\n"));
    const second = await live();
    expect(second.reports).toMatchObject([
      { type: "checkpoint.unusable", reason: expect.stringMatching(/its digest does not fit/) },
      { type: "checkpoint.unusable", reason: expect.stringMatching(/expected a line/) },
      { type: "checkpoint.unusable", reason: expect.stringMatching(/expected "espalier-checkpoint 1"/) },
    ]);
    expect(files().toSorted()).toEqual(
      [
        path,
        ...["damaged", "empty", "later"].map((name) => `state/checkpoints/${name}.checkpoint.unusable`),
      ].toSorted(),
    );
    expect(second.node.inspect().processes.map(({ name }) => name)).toContain("waiter");
  });

  test("another node that has the directory is named, and nothing of it is touched (S222)", async () => {
    await live();
    await expect(begin(disk)).rejects.toMatchObject({
      code: "DATA_IN_USE",
      message: expect.stringContaining(
        'data "state": expected a directory that no node uses, found that another node has it',
      ),
    });
  });

  test("and cannot, it gives the directory back", async () => {
    const host = new ManualHost();
    const starting = startConnected({
      host: Object.assign(Object.create(host) as ManualHost, { disk }),
      identity: createIdentity(host),
      data: "state",
      intercept: (sessions) => {
        sessions.start = () => Promise.reject(new Error("the port is taken"));
        return sessions;
      },
    });
    await expect(host.wait(starting)).rejects.toThrow("the port is taken");
    expect(disk.locks.size).toBe(0);
  });

  test("what cannot be claimed is reported, stays where it is and does not run", async () => {
    const first = await live((node) => void node.run(Process.spawn(waiter)));
    first.crash();
    const before = new Map(disk.files);
    const second = await begin(disk, undefined, null, new Error("EROFS: read-only file system"));
    expect(second?.reports).toMatchObject([{ type: "checkpoint.failed", what: "claim", label: "waiter" }]);
    expect(second?.node.inspect().processes).toEqual([]);
    expect(disk.files).toEqual(before);
  });
});

test("an error of a checkpoint is a CheckpointError", () => {
  expect(new CheckpointError("why")).toMatchObject({ name: "CheckpointError", code: "CHECKPOINT_REFUSED" });
});

import { remote } from "@espalier/code";
import { Process, Remote, Task, type Down, type Exit, type NodeRef, type Self } from "@espalier/runtime";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Cluster, type Member } from "./by-hand.ts";

let cluster: Cluster;
let o: Member;
let a: Member;

beforeEach(async () => {
  cluster = new Cluster("o", "a");
  [o, a] = [await cluster.start("o"), await cluster.start("a")];
  await cluster.meet();
});

afterEach(async () => {
  await cluster.stop();
});

/** Nothing of what the process at `a` does reaches its home `o` for the first `count` times: it is said again later. */
function delayEffects(count: number): void {
  let lost = 0;
  a.tamper((message) => (message.type === "transfer.out" && lost++ < count ? null : message));
}

async function nothingIsLeft(): Promise<void> {
  await cluster.pass(5_000);
  for (const { node } of [o, a]) {
    const { processes, moving } = node.inspect();
    expect(processes).toEqual([]);
    expect(moving).toEqual({ homes: 0, guests: 0, leavers: 0, forwarding: 0, answers: 0 });
    expect(node.kernel.remoteWatchers.size).toBe(0);
  }
}

const fails = remote({}, function* () {
  throw new RangeError("at once");
});

const waits = remote({}, function* (self: Self<string>) {
  yield* self.receive();
});

/** How a child that fails at once is seen to end. */
const failed = { type: "error", error: { name: "RangeError", message: "at once" } };

const awaitsTask = remote({ fails }, function* (_self: Self, alice: NodeRef) {
  yield* Remote.transfer(alice);
  const task = yield* Task.asyncNoLink(fails());
  const outcome = yield* Task.yield(task, { within: "5s" });
  return outcome?.type === "failure" ? outcome.cause : outcome;
});

/** What it hears within a second of a child that it monitors. */
const monitors = remote({ fails }, function* (self: Self<Down>, alice: NodeRef, back: NodeRef | null) {
  yield* Remote.transfer(alice);
  const { ref } = yield* Process.spawnMonitor(fails());
  const heard: unknown[] = [];
  for (let round = 0; round < 3; round += 1) {
    const down = yield* self.receive({ within: "1s", otherwise: null });
    if (down !== null) heard.push({ isIts: down.ref.equals(ref), cause: down.cause });
    if (back !== null) yield* Remote.transfer(back);
  }
  return heard;
});

const links = remote({ fails }, function* (self: Self<Exit>, alice: NodeRef) {
  yield* Remote.transfer(alice);
  yield* Process.trapExit(true);
  yield* Process.spawnLink(fails());
  const heard: unknown[] = [];
  for (let round = 0; round < 2; round += 1) {
    const exit = yield* self.receive({ within: "1s", otherwise: null });
    if (exit !== null) heard.push(exit.cause);
  }
  return heard;
});

const starts = remote({ fails }, function* (_self: Self, alice: NodeRef) {
  yield* Remote.transfer(alice);
  return yield* Process.start(fails, []);
});

/** Monitors a child that waits, and gives up at once. */
const givesUp = remote({ waits }, function* (self: Self<Down>, alice: NodeRef) {
  yield* Remote.transfer(alice);
  const { pid, ref } = yield* Process.spawnMonitor(waits);
  yield* Process.demonitor(ref);
  yield* Process.sleep("5s");
  yield* Process.send(pid, "end");
  return yield* self.receive({ within: "1s", otherwise: "nothing" });
});

describe.each([
  { when: "its home hears of them in time", late: 0 },
  { when: "its home hears of the end of a child before it hears of the child", late: 3 },
])("children of a process that has moved, when $when (R-140)", ({ late }) => {
  beforeEach(() => {
    delayEffects(late);
  });

  test("a task that fails at once failed of its true cause", async () => {
    expect(await cluster.wait(o.node.run(awaitsTask, a.ref))).toMatchObject(failed);
    await nothingIsLeft();
  });

  test("a monitor tells the true cause of an end at once, and tells it once", async () => {
    expect(await cluster.wait(o.node.run(monitors, a.ref, null))).toMatchObject([{ isIts: true, cause: failed }]);
    await nothingIsLeft();
  });

  test("a monitor whose owner has gone home with the news tells nothing more", async () => {
    expect(await cluster.wait(o.node.run(monitors, a.ref, o.ref))).toMatchObject([{ isIts: true, cause: failed }]);
    await nothingIsLeft();
  });

  test("a monitor that was given up tells nothing, and nobody keeps it", async () => {
    const ended = o.node.run(givesUp, a.ref);
    await cluster.pass(4_000);
    const children = [...a.node.kernel.cells.values()];
    expect(children.map(({ alive, watchers }) => ({ alive, watchers }))).toEqual([{ alive: true, watchers: null }]);
    expect(await cluster.wait(ended)).toBe("nothing");
    await nothingIsLeft();
  });

  test("a linked child that fails at once sends its true cause once (S218)", async () => {
    expect(await cluster.wait(o.node.run(links, a.ref))).toMatchObject([failed]);
    await nothingIsLeft();
  });
});

test("a child of a process that has moved, which fails before it is ready, did so of its true cause (R-140)", async () => {
  expect(await cluster.wait(o.node.run(starts, a.ref))).toMatchObject({ type: "failed", cause: failed });
  await nothingIsLeft();
});

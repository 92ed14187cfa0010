import type { LocalGenerator } from "@espalier/heartbeat";
import { crashesMax, Process, Server, type CrashReport, type Pid, type Self } from "@espalier/runtime";
import { expect, test } from "vitest";
import { bench } from "./helpers.ts";

const Till = Server.define({
  label: "till",
  init: () => ({ sum: 0 }),
  call: {
    *sum({ sum }) {
      yield* Process.sleep("1h");
      return sum;
    },
  },
  cast: {
    add(state, by: number) {
      state.sum += by;
    },
    fail(_state, problem: { readonly error: unknown }) {
      throw problem.error;
    },
  },
  info: () => undefined,
});

test("a report says what the process was handling, took last, and what waited (S310)", async () => {
  const { node, host, run, reports } = await bench();
  await run(function* shop(self: Self<unknown>) {
    yield* self.trapExit();
    const till = yield* Server.startLink(Till, undefined, { name: "till 1" });
    yield* till.cast.add(1);
    yield* Process.send(till.target as Pid<unknown>, { type: "stray" });
    yield* till.cast.add(1);
    yield* till.cast.add(2);
    yield* till.cast.fail({ error: new RangeError("low") });
    yield* till.cast.add(3);
    for (let count = 0; count < 6; count += 1) yield* Process.send(till.target as Pid<unknown>, "later");
    yield* Process.sleep(5_000);
  });
  expect(node.crashes).toHaveLength(1);
  const [crash] = node.crashes as [CrashReport];
  expect(crash).toMatchObject({
    id: 1,
    name: "till 1",
    label: "till",
    handling: "cast fail",
    recent: ["stray", "cast add", "cast add", "cast fail"],
    mailbox: { length: 7, stashed: 0, first: ["cast add", "string", "string", "string", "string"] },
    ancestors: [{ label: "shop", details: null }],
    linkCount: 1,
    decision: null,
    cause: { type: "error", error: { name: "RangeError" } },
  });
  expect(crash.fingerprint).toMatch(/^RangeError at .*crash-log\.test\.ts:\d+$/);
  expect(crash.links.map(String)).toEqual([String(crash.ancestors[0]?.pid)]);
  // What the log is told is the same report.
  expect(reports).toMatchObject([{ type: "crash", name: "till 1" }]);
  expect(reports[0]).toHaveProperty("crash", crash);
  await host.wait(node.stop());
});

test("how long it lived is known to ten milliseconds, and when it crashed", async () => {
  const { node, host } = await bench();
  const startedMs = host.clock.wall();
  const running = node.run(function* late() {
    yield* Process.sleep(1_234);
    throw new Error("late");
  });
  await expect(host.wait(running)).rejects.toThrow("late");
  expect(node.crashes[0]).toMatchObject({ livedMs: 1_230, atMs: startedMs + 1_234 });
});

test("a process that is no server has what it was handling last", async () => {
  const { node, run } = await bench();
  await run(function* () {
    const pid = yield* Process.spawn(function* reader(self: Self<unknown>) {
      yield* self.receive();
      const order = yield* self.receive();
      yield* Process.sleep(1);
      throw new Error(typeof order);
    });
    yield* Process.send(pid, { type: "hello" });
    yield* Process.send(pid, { type: "order" });
    yield* Process.sleep(10);
  });
  expect(node.crashes).toMatchObject([{ label: "reader", handling: "order", recent: ["order"] }]);
});

test("only crashes are reported: no clean ends, and no ends of lifetimes", async () => {
  const { node, run } = await bench();
  await run(function* () {
    yield* Process.spawn(function* () {});
    yield* Process.spawn(function* () {
      yield* Process.exit({ type: "shutdown" });
    });
    yield* Process.spawn(function* () {
      yield* Process.exit({ type: "stopped" });
    });
    yield* Process.sleep(1);
  });
  expect(node.crashes).toEqual([]);
});

test("the last 256 are kept, and all are counted (S311)", async () => {
  const { node, run } = await bench();
  await run(function* () {
    for (let count = 0; count < crashesMax + 10; count += 1) {
      yield* Process.spawn(function* () {
        yield* Process.exit({ type: "exit", reason: count });
      });
    }
    yield* Process.sleep(1);
  });
  const { crashes } = node.kernel;
  expect(crashes.count).toBe(crashesMax + 10);
  expect(crashes.reports.map(({ id }) => id)).toEqual(Array.from({ length: crashesMax }, (_, index) => index + 11));
  expect([
    crashes.get(10),
    crashes.get(11)?.id,
    crashes.get(crashesMax + 10)?.id,
    crashes.get(crashesMax + 11),
    crashes.get(0),
  ]).toEqual([undefined, 11, crashesMax + 10, undefined, undefined]);
});

test("of ancestors, links and monitors no more is kept than a report shows, but all are counted", async () => {
  const { node, run } = await bench();
  await run(function* (self: Self<unknown>) {
    yield* self.trapExit();
    const crowd = function* crowd(): LocalGenerator<void> {
      for (let count = 0; count < 12; count += 1) yield* Process.spawnLink(() => Process.sleep("1h"));
      yield* Process.sleep(1);
      yield* Process.exit({ type: "exit", reason: "bored" });
    };
    const { pid } = yield* Process.spawnMonitor(crowd);
    yield* Process.monitor(pid);
    const deep = function* deep(_self: Self<never>, below: number): LocalGenerator<void> {
      if (below > 0) yield* Process.spawn(deep, below - 1);
      else yield* Process.exit({ type: "exit", reason: "deep" });
      yield* Process.sleep("1h");
    };
    yield* Process.spawn(deep, 20);
    yield* Process.sleep(10);
  });
  const labelled = (wanted: string): CrashReport =>
    node.crashes.find(({ label }) => label === wanted) ?? expect.fail(`expected a crash of ${wanted}`);
  const crowd = labelled("crowd");
  expect(labelled("deep").ancestors.map(({ label }) => label)).toEqual(Array.from({ length: 16 }, () => "deep"));
  expect(crowd).toMatchObject({ label: "crowd", linkCount: 12, monitorCount: 2 });
  expect(crowd.links).toHaveLength(10);
  // One of those whose link is not in the report, too.
  const linked = node.crashes.filter(({ cause }) => cause === crowd.cause).slice(1);
  expect(linked).toHaveLength(12);
  for (const { hint } of linked) expect(hint).toMatch(/^It ended because of crowd/);
});

test("a crash that gave way to newer ones is forgotten, also as what something was decided about", async () => {
  const { node, run } = await bench();
  const crash = (times: number): Promise<Pid> =>
    run(function* (self: Self<unknown>) {
      let { pid } = self as { pid: Pid };
      for (let count = 0; count < times; count += 1) {
        pid = yield* Process.spawn(function* () {
          yield* Process.exit({ type: "exit", reason: "bored" });
        });
      }
      yield* Process.sleep(1);
      return pid;
    });
  const { crashes } = node.kernel;
  const pid = await crash(1);
  const [report] = node.crashes as [CrashReport];
  crashes.decided(pid, "child", "restarted");
  await crash(crashesMax);
  crashes.further("child", "restarted, 1 of 3");
  expect(report.decision).toBe("restarted");
  crashes.decided(pid, "child", "gave up");
  expect(report.decision).toBe("restarted");
});

test("what is decided about a child is added to its crash, until it has ended again", async () => {
  const { node, run } = await bench();
  const pids = await run(function* () {
    const crash = function* () {
      yield* Process.exit({ type: "exit", reason: "bored" });
    };
    const first = yield* Process.spawn(crash);
    const other = yield* Process.spawn(crash);
    const clean = yield* Process.spawn(function* () {});
    yield* Process.sleep(1);
    return [first, other, clean] as const;
  });
  const { crashes } = node.kernel;
  const decisions = (): unknown[] => node.crashes.map(({ decision }) => decision);
  crashes.decided(pids[0], "child", "restarted");
  crashes.further("child", "restarted, 1 of 3");
  crashes.further("another", "unheard");
  expect(decisions()).toEqual(["restarted, 1 of 3", null]);
  crashes.decided(pids[2], "child", "restarted");
  crashes.further("child", "restarted, 2 of 3");
  expect(decisions()).toEqual(["restarted, 1 of 3", null]);
});

test("what a process says about itself is asked briefly, and what that throws is nothing", async () => {
  const { node, run } = await bench();
  const asked: boolean[] = [];
  await run(function* top() {
    yield* Process.expose((brief) => {
      asked.push(brief);
      throw new Error("no");
    });
    yield* Process.spawn(function* () {
      yield* Process.exit({ type: "killed" });
    });
    yield* Process.sleep(1);
  });
  expect(node.crashes[0]?.ancestors).toMatchObject([{ label: "top", details: null }]);
  expect(asked).toEqual([true]);
});

test("equal crashes have equal fingerprints, whatever lives and numbers are in them", async () => {
  const { node, run } = await bench();
  const fail = (): never => {
    throw new TypeError(`no order ${node.kernel.crashes.count}`);
  };
  await run(function* () {
    for (let count = 0; count < 2; count += 1) {
      yield* Process.spawn(function* () {
        fail();
      });
    }
    yield* Process.spawn(function* () {
      throw new TypeError("elsewhere");
    });
    for (let count = 0; count < 2; count += 1) {
      yield* Process.spawn(function* () {
        yield* Process.exit({ type: "exit", reason: `lost Pid(abc.${count}) after ${count} ms` });
      });
    }
    yield* Process.sleep(1);
  });
  const fingerprints = node.crashes.map(({ fingerprint }) => fingerprint);
  expect(new Set(fingerprints).size).toBe(3);
  expect(fingerprints[0]).toBe(fingerprints[1]);
  expect(fingerprints.at(-1)).toBe('exit: "lost a process after N ms"');
});

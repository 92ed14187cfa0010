import type { LocalGenerator } from "@espalier/heartbeat";
import { Process, Server, type Pid, type Self } from "@espalier/runtime";
import { Supervisor } from "@espalier/supervisor";
import { expect, test } from "vitest";
import { allRules } from "../../src/findings/findings.ts";
import { thresholds } from "../../src/findings/thresholds.ts";
import type { Finding } from "../../src/protocol/sheets.ts";
import { Bench } from "../observing/bench.ts";

/** Those of one rule. */
function found(bench: Bench, rule: string): readonly Finding[] {
  return bench.observer.findings().filter((finding) => finding.rule === rule);
}

async function tell(bench: Bench, pid: Pid<any>, message: unknown, count = 1): Promise<void> {
  await bench.begin(function* () {
    for (let sent = 0; sent < count; sent += 1) yield* Process.send(pid, message);
  });
}

/** Begins a process, and says who it is. */
async function spawned(bench: Bench, body: (self: Self<any>) => LocalGenerator<unknown>): Promise<Pid<any>> {
  let pid: Pid<any> | null = null;
  await bench.begin(function* (self: Self<any>) {
    pid = self.pid;
    yield* body(self);
  } as never);
  return pid as unknown as Pid<any>;
}

function* sleeps(_self: Self<string>): LocalGenerator<void> {
  yield* Process.sleep("1h");
}

test("mailbox-growing: a long mailbox that gets longer for ten seconds", async () => {
  const bench = await Bench.start();
  const pid = await spawned(bench, sleeps);
  await tell(bench, pid, "more", 1000);
  bench.observer.sample();
  await bench.watch(10, () => tell(bench, pid, "more", 100));
  expect(found(bench, "mailbox-growing")).toEqual([]);
  await bench.watch(1, () => tell(bench, pid, "more", 100));
  expect(found(bench, "mailbox-growing")).toMatchObject([
    {
      ...{ id: `mailbox-growing:${pid.key}`, severity: "warning", pid: pid.key, sinceMs: 10_000 },
      text: `The mailbox of process (${pid.serial}) grows by 100 messages a second: 2,100 wait.`,
    },
  ]);
  // One quiet second does not make it go away, and a few do.
  await bench.watch(1);
  expect(found(bench, "mailbox-growing")).toHaveLength(1);
  await bench.watch(6);
  expect(found(bench, "mailbox-growing")).toEqual([]);
});

test("mailbox-huge: ten thousand messages wait; a hundred thousand are worse", async () => {
  const bench = await Bench.start();
  const pid = await spawned(bench, sleeps);
  await tell(bench, pid, "more", thresholds.mailboxHuge.messages - 1);
  bench.observer.sample();
  expect(found(bench, "mailbox-huge")).toEqual([]);
  await tell(bench, pid, "more");
  bench.observer.sample();
  expect(found(bench, "mailbox-huge")).toMatchObject([{ severity: "warning", pid: pid.key }]);
  await tell(bench, pid, "more", 90_000);
  bench.observer.sample();
  expect(found(bench, "mailbox-huge")).toMatchObject([{ severity: "critical" }]);
  const { rows } = bench.observer.tree({ open: [], troubled: true, first: 0, count: 10 });
  expect(rows).toMatchObject([{ key: pid.key, branch: { trouble: "critical" } }]);
});

test("handler-stuck: it waits for something else while a message waits for it", async () => {
  const bench = await Bench.start();
  const pid = await spawned(bench, sleeps);
  await bench.watch(6);
  expect(found(bench, "handler-stuck")).toEqual([]);
  await tell(bench, pid, "hello");
  bench.observer.sample();
  expect(found(bench, "handler-stuck")).toMatchObject([
    {
      severity: "warning",
      text: `process (${pid.serial}) has waited for sleep for 6 s, while a message waits for it.`,
    },
  ]);
  expect(bench.observer.overview().stuck).toMatchObject([{ pid: pid.key, doing: "waiting", waitingFor: "sleep" }]);
  await bench.watch(60);
  expect(found(bench, "handler-stuck")).toMatchObject([{ severity: "critical" }]);
});

test("loop-late: the event loop is late, and for ten seconds after", async () => {
  const bench = await Bench.start();
  await bench.watch(1);
  bench.loop = { lastMs: 740, worstMs: 740, utilization: 1 };
  await bench.watch(1);
  bench.loop = { lastMs: 1, worstMs: 740, utilization: 0 };
  await bench.watch(10);
  expect(found(bench, "loop-late")).toMatchObject([{ severity: "warning", pid: null }]);
  await bench.watch(1);
  expect(found(bench, "loop-late")).toEqual([]);
});

function* crashes(self: Self<unknown>): LocalGenerator<void> {
  yield* self.ready();
  yield* self.receive();
  throw new TypeError("no such order");
}

async function family(bench: Bench, restarts: number): Promise<{ crash(): Promise<void>; supervisor: string }> {
  const definition = Supervisor.define({
    intensity: { restarts, within: "5s" },
    children: [Supervisor.worker("clerk", crashes, [])],
  });
  await bench.begin(function* (self: Self<any>) {
    yield* self.trapExit();
    yield* Supervisor.startLink(definition, undefined);
    for (;;) yield* self.receive();
  } as never);
  const find = (): ReturnType<typeof bench.node.inspect>["processes"][number] =>
    bench.node.inspect().processes.find(({ details }) => details?.type === "supervisor") as never;
  const supervisor = find().pid.key;
  return {
    supervisor,
    crash: async () => {
      const { details } = find();
      if (details?.type === "supervisor") await tell(bench, details.children[0]?.pid as Pid<any>, "crash");
    },
  };
}

test("restart-loop: a supervisor has had more than half of its restarts; gave-up: one too many", async () => {
  const bench = await Bench.start();
  const { crash, supervisor } = await family(bench, 4);
  for (let restarts = 1; restarts <= 2; restarts += 1) await crash();
  bench.observer.sample();
  expect(found(bench, "restart-loop")).toEqual([]);
  await crash();
  await bench.watch(1);
  expect(found(bench, "restart-loop")).toMatchObject([
    {
      ...{ severity: "warning", pid: supervisor },
      text: "supervisor (2) has had 3 of the 4 restarts that it may have in 5 s; the last child ended with TypeError: no such order.",
    },
  ]);
  const [child] = bench.observer.table({
    sort: { by: "restarts", descending: true, mode: "total" },
    first: 1,
    count: 1,
  }).rows;
  expect(child).toMatchObject({ child: "clerk", restarts: 3 });
  const sheet = bench.observer.process(child?.pid as string, false);
  expect(sheet?.restarts).toMatchObject([{ crash: 3 }, { crash: 2 }, { crash: 1, cause: "TypeError: no such order" }]);
  await crash();
  await bench.watch(1);
  expect(found(bench, "restart-loop")).toMatchObject([{ severity: "critical" }]);
  await crash();
  await bench.watch(1);
  expect(found(bench, "gave-up")).toMatchObject([{ severity: "critical", pid: supervisor }]);
  expect(found(bench, "flapping")).toMatchObject([{ severity: "warning", crash: 5 }]);
  await bench.watch(301);
  expect(bench.observer.findings()).toEqual([]);
});

test("dead-letters: more than ten a second", async () => {
  const bench = await Bench.start();
  const gone = await spawned(bench, function* () {});
  bench.observer.sample();
  await bench.watch(1, () => tell(bench, gone, "hello", 9));
  expect(found(bench, "dead-letters")).toEqual([]);
  await bench.watch(1, () => tell(bench, gone, "hello", 10));
  expect(found(bench, "dead-letters")).toMatchObject([{ severity: "warning" }]);
});

test("process-leak and timer-leak: more and more over two minutes, and never fewer", async () => {
  const bench = await Bench.start();
  const more = (): Promise<void> =>
    bench.begin(function* leaky() {
      for (let count = 0; count < 10; count += 1) {
        const pid = yield* Process.spawnOpt({ label: "session" }, sleeps);
        for (let timers = 0; timers < 5; timers += 1) yield* Process.sendAfter("1h", pid, "late");
      }
    });
  await bench.watch(110, more);
  expect(bench.observer.findings()).toEqual([]);
  await bench.watch(2, more);
  expect(found(bench, "process-leak")).toMatchObject([{ severity: "notice", id: "process-leak:session" }]);
  expect(found(bench, "timer-leak")).toMatchObject([{ severity: "notice" }]);
});

test("selective-receive: one message is waited for among a thousand others", async () => {
  const bench = await Bench.start();
  const pid = await spawned(bench, function* (self: Self<unknown>) {
    yield* self.receive({ match: (message) => message === "that one" });
  });
  await tell(bench, pid, "another one", 1000);
  bench.observer.sample();
  await bench.watch(5);
  expect(found(bench, "selective-receive")).toMatchObject([{ severity: "warning", pid: pid.key }]);
});

test("call-cycle: two that wait for each other, and not two of which one can go on", async () => {
  const bench = await Bench.start();
  interface Peer {
    readonly call: { ask(whom: Peer | null): { within(limit: string): Iterable<any, any, any> } };
  }
  const Asks = Server.define({
    init: () => 0,
    call: {
      *ask(_: number, whom: Peer | null): LocalGenerator<number> {
        if (whom !== null) yield* whom.call.ask(null).within("1h");
        return 0;
      },
    },
  });
  const servers: Pid[] = [];
  await bench.begin(function* () {
    const one = yield* Server.start(Asks, undefined);
    const other = yield* Server.start(Asks, undefined);
    servers.push(one.pid, other.pid);
    for (const [asked, whom] of [
      [one, other],
      [other, one],
    ] as unknown as [Peer, Peer][]) {
      yield* Process.spawn(function* asks() {
        yield* asked.call.ask(whom).within("1h");
      });
    }
  });
  bench.observer.sample();
  expect(found(bench, "call-cycle")).toEqual([]);
  await bench.watch(6);
  expect(found(bench, "call-cycle")).toMatchObject([{ severity: "critical", pid: servers[0]?.key }]);
});

test("every rule has a name of its own", () => {
  const names = allRules().map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});

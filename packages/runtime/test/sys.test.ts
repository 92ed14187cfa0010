import { shutdown } from "@espalier/heartbeat";
import { Process, Server, Sys, type Pid, type Self } from "@espalier/runtime";
import { expect, test } from "vitest";
import { attempt, bench } from "./helpers.ts";

const Adder = Server.define({
  label: "adder",
  init: (start: number) => ({ sum: start }),
  call: { add: (state, by: number) => (state.sum += by) },
  cast: { put: (state, sum: number) => void (state.sum = sum) },
});

test("a trace is reported, event by event, from when it is switched on until it is switched off", async () => {
  const { run, reports } = await bench();
  const pid = await run(function* (self: Self) {
    const adder = yield* Server.start(Adder, 1);
    yield* adder.call.add(1);
    yield* Sys.trace(adder, true);
    yield* adder.call.add(2);
    yield* Process.send(adder.pid as Pid<any>, "other");
    yield* Sys.trace(adder, false);
    yield* adder.call.add(3);
    return self.pid;
  });
  const traced = reports.flatMap((report) => (report.type === "trace" ? [report] : []));
  expect(traced.map(({ label }) => label)).toEqual(["adder", "adder", "adder"]);
  expect(traced.map(({ event }) => event)).toEqual([
    { type: "in", message: { call: "add", parameters: [2] } },
    { type: "out", to: pid, message: 4 },
    { type: "in", message: "other" },
  ]);
});

test("an installed function that throws is removed, and harms nothing; of two with one id the later stays (S234)", async () => {
  const { run } = await bench();
  const seen: unknown[] = [];
  const removed = await run(function* () {
    const adder = yield* Server.start(Adder, 1);
    yield* Sys.install(adder, "bad", () => assertNever(), null);
    yield* Sys.install(adder, "good", (count: number) => count + 100, 0);
    yield* Sys.install(adder, "good", (count: number, event) => (seen.push([count, event.type]), count + 1), 0);
    yield* adder.call.add(1);
    return [yield* Sys.remove(adder, "bad"), yield* Sys.remove(adder, "good")];
  });
  expect(removed).toEqual([false, true]);
  expect(seen).toEqual([
    [0, "in"],
    [1, "out"],
  ]);
});

function assertNever(): never {
  throw new Error("a bad function");
}

test("statistics count messages, replies, operations and time, and begin anew", async () => {
  const { run } = await bench();
  const counted = await run(function* () {
    const adder = yield* Server.start(Adder, 1);
    yield* Process.sleep("1s");
    yield* Sys.statistics(adder, true);
    yield* adder.cast.put(5);
    yield* adder.call.add(1);
    yield* Process.sleep("2s");
    const first = yield* Sys.statistics(adder, "get");
    yield* Sys.statistics(adder, "reset");
    return [first, yield* Sys.statistics(adder, "get")];
  });
  expect(counted).toMatchObject([
    { startedMs: 1000, nowMs: 3000, messagesIn: 2, messagesOut: 1 },
    { startedMs: 3000, nowMs: 3000, messagesIn: 0, messagesOut: 0 },
  ]);
  expect(counted[0]?.reductions).toBeGreaterThan(0);
});

test("the status says who a server is, and a terminated one ends as it was told", async () => {
  const { run } = await bench();
  const { status, self, cause } = await run(function* (self: Self<Process.Down>) {
    const adder = yield* Server.start(Adder, 1, { name: "adder" });
    const status = yield* Sys.getStatus("adder");
    yield* self.monitor(adder.pid);
    yield* Sys.terminate(adder, shutdown);
    return {
      status: { ...status, same: status.pid === adder.pid },
      self: self.pid,
      cause: (yield* self.receive()).cause,
    };
  });
  expect(status).toMatchObject({
    same: true,
    name: "adder",
    label: "adder",
    parent: self,
    status: "running",
    state: { sum: 1 },
  });
  expect(cause).toEqual(shutdown);
});

test("what is no system message is the asker's error, and a log of no size is refused", async () => {
  const { run } = await bench();
  expect(() => Sys.log("adder", { max: 0 })).toThrow(RangeError);
  const error = await run(function* () {
    const adder = yield* Server.start(Adder, 1);
    const call = Sys.getState(adder);
    Object.assign(call, { name: "unheardOf" });
    return [yield* attempt(call), yield* adder.call.add(1)];
  });
  expect(error).toMatchObject([{ reason: { error: { code: "INVALID_MESSAGE" } } }, 2]);
});

test("a process is known by its pid: what it waits for, who is interested in it, its oldest messages, its timers (S235)", async () => {
  const { run, node } = await bench();
  const { info, pid, self } = await run(function* (self: Self) {
    const pid = yield* Process.spawn(function* waits(own: Self<number>) {
      yield* Process.sendAfter("1h", own.pid, 0);
      yield* own.receive({ match: (message) => message < 0 });
    });
    yield* Process.monitor(pid);
    for (let n = 1; n <= 12; n += 1) yield* Process.send(pid, n);
    yield* Process.sleep(0);
    return { info: yield* Process.info(pid), pid, self: self.pid };
  });
  expect(info).toMatchObject({ pid, label: "waits", status: "waiting", waitingFor: "receive", mailbox: 12 });
  expect(info?.monitoredBy).toEqual([self]);
  expect(info?.messages).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  expect(info?.timers.map(({ what }) => what)).toEqual([`message to ${pid.toString()}`]);
  expect(node.inspect(pid)).toMatchObject({ monitoredBy: [], mailbox: 12 });
  expect(node.inspect(self)).toBeUndefined();
});

test("a log without an end is refused, whoever asks for it", async () => {
  const { run } = await bench();
  const failures = await run(function* () {
    const adder = yield* Server.start(Adder, 1);
    const all: unknown[] = [];
    for (const max of [Infinity, 0, "many"]) {
      // Past the checks of `Sys.log`, as another node can.
      const asking = Object.assign(Sys.log(adder, true), { parameters: [max] });
      all.push(yield* attempt(asking));
    }
    return all;
  });
  expect(failures).toHaveLength(3);
  for (const failure of failures) expect(String(failure)).toMatch(/log: expected how many events to keep/);
});

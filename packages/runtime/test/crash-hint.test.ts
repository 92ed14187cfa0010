import { causeOf, type Cause } from "@espalier/heartbeat";
import {
  CallError,
  MailboxFullError,
  NameTakenError,
  NodeAddress,
  NotMovableError,
  Pid,
  Process,
  Server,
  StartError,
  type Self,
} from "@espalier/runtime";
import { expect, test } from "vitest";
import { bench } from "./helpers.ts";

const pid = new Pid(new NodeAddress("abcdefghij", "1"), 7);
const noproc: Cause = { type: "noproc" };

/** The hint for a process that ends with `cause` and was handling `message`. */
async function hintOf(cause: Cause, message?: unknown): Promise<string | null | undefined> {
  const { node, run } = await bench();
  await run(function* () {
    const child = yield* Process.spawn(function* (self: Self<unknown>) {
      if (message !== undefined) yield* self.receive();
      yield* Process.exit(cause);
    });
    if (message !== undefined) yield* Process.send(child, message);
    yield* Process.sleep(1);
  });
  return node.crashes[0]?.hint;
}

function errorOf(call: () => unknown): Cause {
  try {
    call();
  } catch (error) {
    return causeOf(error);
  }
  return expect.fail("expected an error");
}

const nothing = undefined as unknown as { total: () => number };

test.each<[string, Cause, RegExp]>([
  ["something called that is no function", causeOf(new TypeError("x is not a function")), /misspelt/],
  [
    "yield* left out of an argument",
    causeOf(new TypeError("Process.send: expected a pid, got object")),
    /yield\* left out/,
  ],
  [
    "yield* left out",
    causeOf(new TypeError("yield: expected an operation (write `yield*` before it), got number")),
    /yield\* left out/,
  ],
  ["what is thrown is no error", causeOf("oops"), /Throw an Error/],
  ["a call to nobody", causeOf(new CallError("call add to db", noproc)), /Start it before/],
  [
    "a call to itself",
    causeOf(new CallError("call add to db", { type: "exit", reason: "calling_self" })),
    /called itself/,
  ],
  ["a call to what ended", causeOf(new CallError("call add to db", { type: "killed" })), /its own crash says why/],
  [
    "a call that took too long",
    causeOf(new CallError("call add to db", { type: "timeout" })),
    /did not answer in time\. See/,
  ],
  ["a process that did not start", causeOf(new StartError("db", noproc)), /before it was ready/],
  ["a name that is taken", causeOf(new NameTakenError("db", pid)), /Another process has that name/],
  ["what cannot move", causeOf(new NotMovableError("a socket")), /cannot travel/],
  ["a mailbox that is full", causeOf(new MailboxFullError(pid, 1)), /more slowly/],
  ["a kill", { type: "killed" }, /Somebody killed it/],
  ["a lost node", { type: "noconnection" }, /monitor its processes/],
])("%s", async (_, cause, hint) => {
  expect(await hintOf(cause)).toMatch(hint);
});

test("what is undefined is looked for in the message", async () => {
  const cause = errorOf(() => nothing.total());
  expect(await hintOf(cause, { type: "order" })).toContain("Is it in the message order?");
  expect(await hintOf(cause)).toContain("Is it in what it is given?");
});

test("there is no hint where there is no rule", async () => {
  expect(await hintOf(causeOf(new Error("the printer is on fire")))).toBeNull();
});

test("a call that took too long names whom it called, and what that is doing", async () => {
  const Slow = Server.define({
    label: "slow",
    init: () => null,
    call: {
      *add() {
        yield* Process.sleep("1h");
      },
    },
  });
  const { node, run } = await bench();
  await run(function* () {
    const slow = yield* Server.start(Slow, undefined, { name: "db" });
    for (const call of [slow.call.add(), Server.ref(Slow, "db").call.add()]) {
      yield* Process.spawn(function* () {
        yield* call;
      });
    }
    yield* Process.sleep("6s");
  });
  const doing = expect.stringMatching(
    /^The server did not answer in time: db Pid\(.*\) was handling call add, waiting for .*, and 1 messages waited\.$/,
  );
  expect(node.crashes.map(({ hint }) => hint)).toEqual([doing, doing]);
});

test("whoever ends because of another names that crash", async () => {
  const { node, run } = await bench();
  await run(function* () {
    yield* Process.spawn(function* upper(self: Self<unknown>) {
      yield* Process.spawnLink(function* lower() {
        yield* Process.exit({ type: "exit", reason: "bored" });
      });
      yield* self.receive();
    });
    yield* Process.sleep(1);
  });
  expect(node.crashes.map(({ label }) => label)).toEqual(["lower", "upper"]);
  expect(node.crashes[1]?.hint).toMatch(
    /^It ended because of lower Pid\(.*\), with which it is linked: see crash 1\.$/,
  );
});

test("equal ends of processes that are not linked have nothing to do with each other (S369)", async () => {
  const { node, run } = await bench();
  const bored: Cause = { type: "exit", reason: "bored" };
  await run(function* () {
    for (const cause of [{ type: "killed" }, { type: "killed" }, bored, bored] as const) {
      yield* Process.spawn(function* () {
        yield* Process.exit(cause);
      });
    }
    const pids: Pid[] = [];
    for (let count = 0; count < 2; count += 1) pids.push(yield* Process.spawn(() => Process.sleep("1h")));
    for (const pid of pids) yield* Process.kill(pid);
    yield* Process.sleep(1);
  });
  expect(node.crashes).toHaveLength(6);
  for (const { cause, hint } of node.crashes) {
    if (cause.type === "killed") expect(hint).toMatch(/^Somebody killed it/);
    else expect(hint).toBeNull();
  }
});

test("when every restart ends in the same way, that is said", async () => {
  const { node, run } = await bench();
  const decided = await run(function* () {
    const pids: Pid[] = [];
    for (let count = 0; count < 4; count += 1) {
      pids.push(
        yield* Process.spawn(function* till() {
          yield* Process.exit({ type: "exit", reason: `bored ${count === 1 ? "x" : ""}` });
        }),
      );
    }
    yield* Process.sleep(1);
    return pids;
  });
  for (const pid of decided) node.kernel.crashes.decided(pid, "child", "restarted");
  expect(node.crashes.map(({ hint }) => hint)).toEqual([
    null,
    null,
    null,
    "3 of the last 4 crashes of till were the same: to restart it does not help. Look at what it is given, and refuse that before it gets there.",
  ]);
});

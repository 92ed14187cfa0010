import assert from "node:assert/strict";
import { Process, Remote, remote, Server, Supervisor, type LocalGenerator, type Pid, type Self } from "espalier";
import { nothingComes } from "../recorder.ts";
import { section, type Section } from "../rule.ts";

/** Says which partition it is, and can be kept busy. */
const Clerk = Server.define({
  label: "clerk",
  init: (name: string) => name,
  call: {
    name: (name) => name,
    *slowly(name, ms: number) {
      yield* Process.sleep(ms);
      return name;
    },
    crash: (): string => {
      throw new RangeError("broken");
    },
    /** Has another one answer whoever called. */
    pass: () => Server.defer<string>((from) => void handed.push(from)),
  },
  info: () => undefined,
});

const handed: Server.From<string>[] = [];

/** Keeps a number, wherever it is. */
const counter = remote({}, function* (self: Self<{ readonly add: number; readonly to: Pid<any> }>) {
  let sum = 0;
  for (;;) {
    const { add, to } = yield* self.receive();
    sum += add;
    const here = yield* Remote.here();
    yield* Process.send(to, [sum, here.id]);
  }
});

/** What pools, placement and mailboxes of other runtimes come to here. */
export const pools: Section = section(import.meta.url, (rule) => {
  rule(
    "R-1464, R-1424",
    "of a pool a key has one worker, all workers are used, and one that fails is replaced and goes on",
    function* keyed() {
      const Pool = Supervisor.definePartitions(Supervisor.worker("clerk", Clerk, ["nobody"]), {
        partitions: 3,
        withArguments: (_, partition) => [`clerk ${partition}`],
      });
      yield* Supervisor.start(Pool, undefined, { name: "pool" });
      const clerk = (key: unknown) => Server.ref(Clerk, Supervisor.partitionName("pool", key));
      const used = new Set<string>();
      for (let n = 0; n < 30; n += 1) {
        const name = yield* clerk(`customer ${n}`).call.name();
        assert.equal(yield* clerk(`customer ${n}`).call.name(), name);
        used.add(name);
      }
      assert.equal(used.size, 3);
      const roundRobin: string[] = [];
      for (let n = 0; n < 6; n += 1) roundRobin.push(yield* clerk(n).call.name());
      assert.deepEqual(roundRobin, ["clerk 0", "clerk 1", "clerk 2", "clerk 0", "clerk 1", "clerk 2"]);
      const failing = yield* Server.sendRequest(clerk(1).call.crash());
      assert.equal((yield* Server.waitResponse(failing)).type, "error");
      yield* Process.sleep(1);
      assert.equal(yield* clerk(1).call.name(), "clerk 1");
      // One that is busy does not keep the others.
      const slow = yield* Server.sendRequest(clerk(0).call.slowly(50));
      assert.equal(yield* clerk(2).call.name().within(10), "clerk 2");
      assert.deepEqual(yield* Server.waitResponse(slow), { type: "reply", value: "clerk 0" });
    },
  );

  rule("R-1464", "a bounded queue of a worker drops the newest or the oldest, as it is told", function* bounded() {
    for (const whenFull of ["drop-newest", "drop-oldest"] as const) {
      const taken: number[] = [];
      const pid = yield* Process.spawnOpt(
        { mailbox: { capacity: 2, whenFull } },
        function* worker(own: Self<number>): LocalGenerator<void> {
          yield* Process.sleep(10);
          for (;;) taken.push(yield* own.receive());
        },
      );
      for (const n of [1, 2, 3, 4]) yield* Process.send(pid, n);
      yield* Process.sleep(20);
      assert.deepEqual(taken, whenFull === "drop-newest" ? [1, 2] : [3, 4]);
    }
  });

  rule(
    "R-1464",
    "a call is handed on, answered by another process, and given up when its time is over",
    function* rpc(self) {
      const clerk = yield* Server.start(Clerk, "first");
      handed.length = 0;
      yield* Process.spawn(function* answers(): LocalGenerator<void> {
        yield* Process.sleep(10);
        for (const from of handed) yield* from.reply("another");
      });
      assert.equal(yield* clerk.call.pass(), "another");
      assert.equal(yield* clerk.call.slowly(50).within(10, { otherwise: "too late" }), "too late");
      yield* nothingComes(self, 100);
    },
  );

  rule(
    "R-1443",
    "a limit of a selective receive is not put off by other messages, and one of a server is by any",
    function* receiveTimeout(self) {
      const began = yield* Process.now();
      for (const ms of [10, 20, 30]) yield* Process.sendAfter(ms, self.pid, "tick");
      const match = (message: unknown): boolean => message === "wanted";
      assert.equal(yield* self.receive({ match, within: 35, otherwise: "nothing" }), "nothing");
      assert.equal((yield* Process.now()) - began, 35);
      for (const _ of [1, 2, 3]) assert.equal(yield* self.receive({ within: 0 }), "tick");
      const idleAt: number[] = [];
      const watch = { timeout: 20 } as const;
      const Idle = Server.define({
        init: () => Server.initialised(null, watch),
        *info(_, message) {
          if (message === Server.timeout) idleAt.push((yield* Process.now()) - began);
          return Server.noReply(message === Server.timeout ? {} : watch);
        },
      });
      const idle = yield* Server.start(Idle, undefined);
      for (const ms of [15, 30]) yield* Process.sendAfter(ms, idle.pid, "tick");
      yield* Process.sleep(100);
      assert.deepEqual(idleAt, [35 + 30 + 20]);
    },
  );

  rule("R-1443", "what is put aside comes back in front, in its order", function* stash(self) {
    for (const n of [1, 2, 3, 4]) yield* Process.send(self.pid, n);
    for (const _ of [1, 2]) yield* self.stash(yield* self.receive());
    assert.equal(yield* self.receive(), 3);
    yield* self.unstash();
    const rest: unknown[] = [];
    for (const _ of [1, 2, 3]) rest.push(yield* self.receive());
    assert.deepEqual(rest, [1, 2, 4]);
  });

  rule(
    "R-1424",
    "a process moves to another node with what it knows in memory, under its pid, and loses nothing that is sent meanwhile",
    { nodes: ["b"], simulatedOnly: "migrations show it between processes of the operating system" },
    function* moves(self, { ref, node }) {
      const pid = yield* Process.spawn(counter);
      const to = self.pid;
      yield* Process.send(pid, { add: 1, to });
      assert.deepEqual(yield* self.receive(), [1, node.ref.id]);
      yield* Process.spawn(function* (): LocalGenerator<void> {
        for (const add of [2, 3]) yield* Process.send(pid, { add, to });
      });
      yield* Process.migrate(pid, ref("b"));
      yield* Process.send(pid, { add: 4, to });
      const sums: unknown[] = [];
      for (const _ of [1, 2, 3]) sums.push(yield* self.receive());
      assert.deepEqual(
        sums.map(([sum]: any) => sum),
        [3, 6, 10],
      );
      assert.deepEqual((sums[2] as any)[1], ref("b").id);
    },
  );
});

export const { scenarios }: Section = pools;

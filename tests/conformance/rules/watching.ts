import assert from "node:assert/strict";
import {
  Group,
  Nodes,
  Process,
  Registry,
  Server,
  Supervisor,
  type GroupEvent,
  type LocalGenerator,
  type Pid,
} from "espalier";
import { endOf, nothingComes, reasonOf, Recorder } from "../recorder.ts";
import { section, type Section } from "../rule.ts";

const own = { type: "exit", reason: "own" } as const;

function* idle(self: { receive(): any }): LocalGenerator<void> {
  for (;;) yield* self.receive();
}

/** What Pekko, Proto.Actor and ractor call death watch, and receptionists. */
export const watching: Section = section(import.meta.url, (rule) => {
  rule("R-1405", "whoever watches is told once, also of the dead, with a message of its own", function* watch(self) {
    const pid = yield* Process.spawn(idle);
    yield* self.monitor(pid, ({ cause }) => ["gone", cause.type]);
    yield* Process.exit(pid, own);
    assert.deepEqual(yield* self.receive(), ["gone", "exit"]);
    yield* self.monitor(pid, ({ cause }) => ["was gone", cause.type]);
    assert.deepEqual(yield* self.receive(), ["was gone", "noproc"]);
    yield* nothingComes(self, 5);
  });

  rule(
    "R-1405",
    "watching twice is two watches with a message each, and taking one back takes its queued message too",
    { everyOrder: true },
    function* twice(self) {
      const pid = yield* Process.spawn(idle);
      const first = yield* self.monitor(pid, () => "first");
      const second = yield* self.monitor(pid, () => "second");
      yield* Process.exit(pid, own);
      assert.equal(yield* Process.alive(pid), false);
      yield* Process.demonitor(first, { flush: true });
      assert.equal(yield* self.receive(), "second");
      assert.equal(yield* Process.demonitor(second, { flush: true }), false);
      yield* nothingComes(self, 5);
    },
  );

  rule(
    "R-1405",
    "a link is the watch that nobody overlooks: unless it is trapped, the end is the watcher's too",
    function* pact(self) {
      for (const trapping of [false, true]) {
        const watcher = yield* Process.spawn(function* (own: any): LocalGenerator<void> {
          yield* Process.trapExit(trapping);
          yield* Process.spawnLink(function* child() {
            yield* Process.exit({ type: "exit", reason: "own" });
          });
          const { cause } = yield* own.receive();
          yield* Process.exit({ type: "exit", reason: ["heard", cause] });
        });
        assert.deepEqual(yield* endOf(self, watcher), trapping ? { type: "exit", reason: ["heard", own] } : own);
      }
    },
  );

  rule("R-1406", "another process of the same name is not the watched one", function* another(self) {
    const supervisor = yield* Supervisor.start(
      Supervisor.define({
        intensity: { restarts: 5 },
        children: [Supervisor.worker("w", idle, [], { name: "watched" })],
      }),
    );
    yield* Process.monitor("watched");
    const former = yield* Process.whereis("watched");
    assert(former !== undefined);
    yield* Process.exit(former, own);
    const down = yield* self.receive();
    assert.deepEqual([down.type, down.cause], ["DOWN", own]);
    yield* Process.sleep(1);
    const next = yield* Process.whereis("watched");
    assert(next !== undefined && !next.equals(former));
    yield* Process.exit(next, own);
    yield* nothingComes(self, 5);
    yield* Supervisor.stop(supervisor);
  });

  rule(
    "R-1407",
    "a subscriber of a group gets who is in it, then each change, also what ends; other nodes' members come and go",
    {
      nodes: ["b"],
      *boot() {
        yield* Group.start("reception");
        const pid = yield* Process.spawn(idle);
        yield* Group.join("printers", pid, "reception");
      },
      faults: [{ type: "crash", node: "b", after: { mark: "crash" }, atMs: 0, lastsMs: null }],
      lastsMs: 500,
      simulatedOnly: "groups show it between processes of the operating system",
    },
    function* listing(self, stage) {
      yield* Group.start("reception");
      const before = yield* Process.spawn(idle);
      yield* Group.join("printers", before, "reception");
      const { members, ref } = yield* Group.monitor("printers", "reception");
      assert.deepEqual(members.map(String), [String(before)]);
      yield* Nodes.connect(stage.ref("b"));
      const joins = yield* next(self, ref);
      assert.deepEqual([joins.type, joins.pids.length, joins.pids[0]?.address.id], ["join", 1, stage.ref("b").id]);
      const later = yield* Process.spawn(idle);
      yield* Group.join("printers", later, "reception");
      assert.deepEqual(of(yield* next(self, ref)), ["join", String(later)]);
      yield* Group.leave("printers", before, "reception");
      assert.deepEqual(of(yield* next(self, ref)), ["leave", String(before)]);
      yield* Process.kill(later);
      assert.deepEqual(of(yield* next(self, ref)), ["leave", String(later)]);
      stage.mark("crash");
      assert.deepEqual(of(yield* next(self, ref)), ["leave", String(joins.pids[0])]);
      assert.deepEqual(yield* Group.members("printers", "reception"), []);
    },
  );

  rule("R-1407", "who registers is found, told of to those who listen, and gone when it ends", function* find(self) {
    const desks = Registry.define<string, number, "duplicate">("desks", {
      keys: "duplicate",
      listeners: ["listening"],
    });
    yield* Process.register("listening");
    yield* Registry.start(desks);
    const desk = yield* Process.spawn(function* (own: any): LocalGenerator<void> {
      yield* Registry.register(desks, "info", 1);
      yield* Registry.register(desks, "lost", 2);
      yield* Registry.unregister(desks, "lost");
      yield* idle(own);
    });
    const events = [yield* self.receive(), yield* self.receive(), yield* self.receive()];
    assert.deepEqual(
      events.map(({ type, key }) => [type, key]),
      [
        ["register", "info"],
        ["register", "lost"],
        ["unregister", "lost"],
      ],
    );
    assert.deepEqual(
      (yield* Registry.lookup(desks, "info")).map(({ value }) => value),
      [1],
    );
    yield* endOf(self, desk, Process.exit(desk, own));
    assert.deepEqual(yield* Registry.lookup(desks, "info"), []);
  });

  rule(
    "R-1442",
    "what is asked of the dead fails at once, by pid, name, call, task and monitor",
    { everyOrder: true },
    function* dead(self) {
      const began = yield* Process.now();
      const recorder = yield* Server.start(Recorder, []);
      yield* Server.shutdown(recorder);
      assert.equal((yield* reasonOf(recorder.call.add(1))).type, "noproc");
      assert.equal((yield* reasonOf(Server.ref(Recorder, "nobody").call.add(1))).type, "noproc");
      assert.equal((yield* reasonOf(Server.shutdown(recorder))).type, "noproc");
      assert.equal((yield* reasonOf(Process.stop(recorder.pid))).type, "noproc");
      const response = yield* Server.waitResponse(yield* Server.sendRequest(recorder.call.add(1)));
      assert.equal(response.type === "error" && response.reason.type, "noproc");
      yield* Process.monitor(recorder.pid);
      assert.equal((yield* self.receive()).cause.type, "noproc");
      assert.equal(yield* Process.now(), began);
    },
  );

  rule(
    "R-1442",
    "of a node that is lost watchers hear so, and calls that are under way fail",
    {
      nodes: ["b"],
      *boot() {
        yield* Server.start(Recorder, [], { name: "R-1442" });
      },
      faults: [{ type: "crash", node: "b", after: { mark: "crash" }, atMs: 5, lastsMs: null }],
      lastsMs: 500,
      simulatedOnly: "monitors show it between processes of the operating system",
    },
    function* lost(self, stage) {
      const node = stage.ref("b");
      const far = Server.ref(Recorder, { name: "R-1442", node });
      const pid: Pid | undefined = yield* Process.whereisAt(node, "R-1442");
      assert(pid !== undefined);
      yield* Process.monitor(pid);
      stage.mark("crash");
      assert.equal((yield* reasonOf(far.call.never().within("infinity"))).type, "noconnection");
      assert.equal((yield* self.receive()).cause.type, "noconnection");
    },
  );
});

function* next(self: { receive(): any }, ref: unknown): LocalGenerator<GroupEvent> {
  const event = yield* self.receive();
  assert.equal(event.ref, ref);
  return event;
}

function of({ type, pids }: GroupEvent): string[] {
  return [type, ...pids.map(String)];
}

export const { scenarios }: Section = watching;

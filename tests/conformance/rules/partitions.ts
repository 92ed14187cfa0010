import assert from "node:assert/strict";
import { CallError, Process, Server, Supervisor, type Self } from "espalier";
import { boom, Children, crash, settle, shape, thrown } from "../children.ts";
import { section, type Section } from "../rule.ts";

/** Says who it is. */
const Who = Server.define({ init: (name: string) => name, call: { who: (state) => state } });

const spec = Supervisor.worker("who", Who, ["nobody"]);
const numbered = { withArguments: (_: readonly unknown[], partition: number) => [`p${partition}`] };

function who(supervisor: Parameters<typeof Supervisor.partitionName>[0], key: unknown) {
  return Server.ref(Who, Supervisor.partitionName(supervisor, key)).call.who();
}

export const partitions: Section = section(import.meta.url, (rule) => {
  rule("R-1010", "an integer chooses a partition by its absolute value", function* integers() {
    const Three = Supervisor.definePartitions(spec, { partitions: 3, ...numbered });
    const supervisor = yield* Supervisor.start(Three, undefined, { name: "three" });
    const seen: string[] = [];
    for (const key of [0, 1, 2, 3, 4, -1, -2, 7n, -7n]) seen.push(yield* who("three", key));
    assert.deepEqual(seen, ["p0", "p1", "p2", "p0", "p1", "p1", "p2", "p1", "p1"]);
    assert.equal(yield* who(supervisor, 2), "p2");
    assert.equal(yield* who(supervisor.pid, 2), "p2");
  });

  rule("R-1010", "another value chooses by its hash, always the same, and all get some", function* hashes() {
    const Four = Supervisor.definePartitions(spec, { partitions: 4, ...numbered });
    yield* Supervisor.start(Four, undefined, { name: "four" });
    const counts: Record<string, number> = {};
    for (let index = 0; index < 40; index += 1) {
      const partition = yield* who("four", `user ${index}`);
      assert.equal(yield* who("four", `user ${index}`), partition);
      counts[partition] = (counts[partition] ?? 0) + 1;
    }
    assert.deepEqual(Object.keys(counts).toSorted(), ["p0", "p1", "p2", "p3"]);
    assert.equal(yield* who("four", { a: 1, b: [2] }), yield* who("four", { b: [2], a: 1 }));
    // For good: what was written for a key is found again by the next version.
    assert.equal(yield* who("four", "ada"), "p3");
  });

  rule("R-1010", "a partition can be sent to, monitored and called, and is found after a restart", function* use(self) {
    const Two = Supervisor.definePartitions(spec, { partitions: 2, ...numbered });
    yield* Supervisor.start(Two, undefined, { name: "two" });
    const name = Supervisor.partitionName("two", 1);
    const before = yield* Process.whereis(name);
    assert.ok(before !== undefined);
    const ref = yield* Process.monitor(name);
    yield* Process.exit(before, boom);
    const down = yield* self.receive();
    assert.deepEqual([down.ref, down.cause], [ref, boom]);
    yield* settle();
    assert.equal(yield* who("two", 1), "p1");
    assert.notDeepEqual(yield* Process.whereis(name), before);
    const dynamic = Supervisor.definePartitions(Supervisor.dynamic("many", Who), { partitions: 2 });
    const many = yield* Supervisor.start(dynamic, undefined, { name: "many" });
    assert.equal((yield* Supervisor.startChild(Supervisor.partitionName("many", "ada"), ["ada"])).type, "started");
    assert.equal((yield* Supervisor.whichChildren(Supervisor.partitionName(many, "ada"))).length, 1);
  });

  rule("R-1011", "all partitions have started when the supervisor has, one after the other", function* start(_, stage) {
    const children = new Children(stage);
    function* slow(self: Self<any>, index: number) {
      yield* Process.sleep(10);
      yield* children.body(`p${index}`)(self);
    }
    const worker = Supervisor.worker("slow", slow, [0], { ready: true });
    const withArguments = (args: readonly unknown[], partition: number) => [(args[0] as number) + partition];
    const options = { partitions: 3, withArguments, name: "shop" };
    const outer = Supervisor.define({ children: [Supervisor.partition("shop", worker, options)] });
    const running = yield* Supervisor.start(outer);
    assert.equal(children.news(), "+p0 +p1 +p2");
    assert.equal(yield* shape("shop"), "0:pid 1:pid 2:pid");
    assert.equal(yield* Supervisor.partitions("shop"), 3);
    yield* crash("p1");
    yield* Process.sleep(10);
    assert.equal(children.news(), "+p1");
    yield* Supervisor.stop(running);
    children.outcomes["p1"] = ["fail"];
    const error = yield* thrown(Supervisor.start(Supervisor.definePartitions(worker, { ...options, partitions: 2 })));
    assert.deepEqual([error.reason.detail.type, error.reason.detail.id], ["failed-to-start-child", "1"]);
  });

  rule("R-1011", "partitions must be some, anonymous, and never end their supervisor", function* refused() {
    for (const count of [0, -1, 1.5, Number.NaN, "2", undefined]) {
      assert.throws(() => Supervisor.definePartitions(spec, { partitions: count as number }), /partitions: expected/);
    }
    const named = Supervisor.worker("who", Who, ["a"], { name: "a" });
    assert.throws(() => Supervisor.definePartitions(named, { partitions: 2 }), /name of child "who"/);
    const autoShutdown = { partitions: 2, autoShutdown: "any-significant" } as never;
    assert.throws(
      () => Supervisor.definePartitions(spec, autoShutdown),
      /autoShutdown of partitions: expected "never"/,
    );
    const significant = Supervisor.worker("who", Who, ["a"], { restart: "transient", significant: true });
    assert.throws(() => Supervisor.definePartitions(significant, { partitions: 2 }), /significant of child "who"/);
    assert.throws(() => Supervisor.partition("whos", spec, { partitions: 2 } as never), /name of "whos"/);
  });

  rule("R-1012", "the number changes between none and what it was at first", function* resize() {
    const Three = Supervisor.definePartitions(spec, { partitions: 3, ...numbered });
    yield* Supervisor.start(Three, undefined, { name: "shop" });
    for (const count of [-1, 4, 1.5, "2"]) {
      assert.equal((yield* Supervisor.resize("shop", count as number)).type, "invalid");
    }
    assert.deepEqual(yield* Supervisor.resize("shop", 1), { type: "resized", before: 3 });
    assert.equal(yield* shape("shop"), "0:pid 1:undefined 2:undefined");
    assert.equal(yield* who("shop", 5), "p0");
    assert.deepEqual(yield* Supervisor.resize("shop", 3), { type: "resized", before: 1 });
    assert.equal(yield* who("shop", 5), "p2");
    assert.deepEqual(yield* Supervisor.resize("shop", 0), { type: "resized", before: 3 });
    assert.equal(yield* shape("shop"), "0:undefined 1:undefined 2:undefined");
    const error = yield* thrown(who("shop", 1) as any);
    assert.ok(error !== null);
    assert.match(String(error.message), /partition: expected at least one/);
    assert.deepEqual(yield* Supervisor.resize("shop", 2), { type: "resized", before: 0 });
    assert.equal(yield* who("shop", 1), "p1");
  });

  rule("R-1012", "a supervisor that is not there has no partitions: noproc", function* nobody() {
    for (const ask of [() => who("nobody", 1), () => Supervisor.partitions("nobody")]) {
      const error = yield* thrown(ask() as any);
      assert.ok(error instanceof CallError);
      assert.equal(error.reason.type, "noproc");
    }
    assert.equal(yield* Process.whereis(Supervisor.partitionName("nobody", 1)), undefined);
    const Two = Supervisor.definePartitions(spec, { partitions: 2 });
    const supervisor = yield* Supervisor.start(Two);
    yield* Supervisor.stop(supervisor);
    assert.equal(yield* Process.whereis(Supervisor.partitionName(supervisor, 1)), undefined);
  });
});

export const { scenarios }: Section = partitions;

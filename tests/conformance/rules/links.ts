import assert from "node:assert/strict";
import { type Cause, type LocalGenerator, Pid, Process, type Self } from "espalier";
import { ask, bootPuppets, next, puppetOn, tell, type Act } from "../puppet.ts";
import { section, type Section, type Stage } from "../rule.ts";

const own: Cause = { type: "exit", reason: "own" };
const b = { nodes: ["b"], boot: bootPuppets } as const;

/** The keys of those whom a puppet is linked with. */
function* linksOf(self: Self<any>, puppet: Pid<any>): LocalGenerator<string[]> {
  return (yield* ask(self, puppet, "links")).map((pid: Pid) => pid.key);
}

/** Two puppets, the first on `a` and the second on `where`. */
function* pairOn(self: Self<any>, stage: Stage, where: string): LocalGenerator<[Pid<any>, Pid<any>]> {
  return [yield* puppetOn(self, stage, "a"), yield* puppetOn(self, stage, where)];
}

/** All that was under way between the two has arrived. */
function* settle(): LocalGenerator<void> {
  yield* Process.sleep(300);
}

/** Both say that they are linked with each other, or both that they are not. */
function* agree(self: Self<any>, one: Pid<any>, other: Pid<any>): LocalGenerator<boolean> {
  const linked = (yield* linksOf(self, one)).includes(other.key);
  assert.equal((yield* linksOf(self, other)).includes(one.key), linked, "both sides agree");
  return linked;
}

/** What each of two does, in an order that the numbers 0 to 15 tell. */
const programs: readonly (readonly ("link" | "unlink")[])[] = Array.from({ length: 16 }, (_, index) =>
  Array.from({ length: 4 }, (_each, bit) => (((index >> bit) & 1) === 1 ? "link" : "unlink")),
);

/** Tries out how links and unlinks from both sides cross: in the end both agree, and a link that both made last is there. */
function* crossing(self: Self<any>, stage: Stage, where: string): LocalGenerator<void> {
  for (const [index, first] of programs.entries()) {
    const second = programs[(index * 7 + 3) % programs.length] as typeof first;
    const [one, other] = yield* pairOn(self, stage, where);
    yield* ask(self, one, "trap", true);
    yield* ask(self, other, "trap", true);
    if (index % 2 === 0) yield* ask(self, one, "link", other);
    yield* settle();
    const acts = (program: typeof first, peer: Pid): Act => ["all", program.map((act) => [act, peer] as const)];
    yield* tell(other, ...acts(second, one));
    if (index % 3 === 0) yield* Process.sleep(index);
    yield* tell(one, ...acts(first, other));
    yield* settle();
    const linked = yield* agree(self, one, other);
    const last = [first.at(-1), second.at(-1)];
    if (!last.includes("unlink")) assert.equal(linked, true, `${first.join(" ")} against ${second.join(" ")}`);
    if (!last.includes("link")) assert.equal(linked, false);
    // Whoever is linked hears of the end, whoever is not does not.
    yield* tell(other, "end", own);
    yield* settle();
    const got: any[] = yield* ask(self, one, "got");
    assert.deepEqual(
      got.map(({ type, cause }) => [type, cause]),
      linked ? [["EXIT", own]] : [],
    );
  }
}

/** The rules of one link that hold wherever the two are. */
function* once(self: Self<any>, stage: Stage, where: string): LocalGenerator<void> {
  for (const undoes of [0, 1]) {
    const pair = yield* pairOn(self, stage, where);
    const [one, other] = pair;
    for (let count = 0; count < 2; count += 1) {
      yield* ask(self, one, "link", other);
      yield* ask(self, other, "link", one);
    }
    yield* settle();
    assert.deepEqual([yield* linksOf(self, one), yield* linksOf(self, other)], [[other.key], [one.key]]);
    const [by, peer] = undoes === 0 ? [one, other] : [other, one];
    yield* ask(self, by, "unlink", peer);
    yield* settle();
    assert.deepEqual([yield* linksOf(self, one), yield* linksOf(self, other)], [[], []]);
    yield* tell(other, "end", own);
    yield* settle();
    assert.equal(yield* ask(self, one, "nothing"), null);
  }
  // It is a link in both directions.
  for (const ends of [0, 1] as const) {
    const pair = yield* pairOn(self, stage, where);
    yield* ask(self, pair[0], "link", pair[1]);
    yield* settle();
    const ref = yield* Process.monitor(pair[1 - ends] as Pid);
    yield* tell(pair[ends], "end", own);
    const down = yield* self.receive({ match: (message: any) => message.ref?.equals(ref) });
    assert.deepEqual(down.cause, own);
  }
}

export const links: Section = section(import.meta.url, (rule) => {
  rule("R-201", "two processes have at most one link, which works both ways and one unlink removes", (self, stage) =>
    once(self, stage, "a"),
  );

  rule("R-201", "the same between nodes", { ...b, lastsMs: 20_000 }, (self, stage) => once(self, stage, "b"));

  rule("R-202", "a link with oneself is nothing", { everyOrder: true }, function* oneself(self, { node }) {
    assert.equal(yield* Process.link(self.pid), undefined);
    const view = node.inspect().processes.find(({ pid }) => pid.equals(self.pid));
    assert.deepEqual(view?.links, []);
    yield* Process.unlink(self.pid);
  });

  rule(
    "R-203",
    "linking with a dead process of this node fails at once with noproc, or is an EXIT for who traps exits",
    { everyOrder: true },
    function* dead(self, { node }) {
      const { pid } = yield* Process.spawnMonitor(function* brief(): LocalGenerator<void> {});
      yield* self.receive();
      let reason: Cause | null = null;
      try {
        yield* Process.link(pid);
      } catch (error) {
        ({ reason } = error as { reason: Cause });
      }
      assert.equal(reason?.type, "noproc");
      yield* Process.trapExit(true);
      yield* Process.link(pid);
      const exit = yield* self.receive({ within: 0 });
      assert.equal(exit.type, "EXIT");
      assert(exit.from.equals(pid));
      assert.equal(exit.cause.type, "noproc");
      assert.deepEqual(node.inspect().processes.find((view) => view.pid.equals(self.pid))?.links, []);
    },
  );

  rule(
    "R-204",
    "linking with a dead process of another node comes back as noproc, and no link is left",
    b,
    function* dead(self, stage) {
      for (const trapping of [true, false]) {
        const [near, far] = yield* pairOn(self, stage, "b");
        const gone = yield* Process.monitor(far);
        yield* tell(far, "end", own);
        yield* self.receive({ match: (message: any) => message.ref?.equals(gone) });
        yield* ask(self, near, "trap", trapping);
        const ref = yield* Process.monitor(near);
        // The link itself never fails: it comes as a signal.
        if (trapping) {
          assert.equal(yield* ask(self, near, "link", far), undefined);
          yield* settle();
          const got: any[] = yield* ask(self, near, "got");
          assert.deepEqual(
            got.map(({ type, from, cause }) => [type, from.key, cause.type]),
            [["EXIT", far.key, "noproc"]],
          );
          assert.deepEqual(yield* linksOf(self, near), []);
        } else {
          yield* tell(near, "link", far);
          const down = yield* self.receive({ match: (message: any) => message.ref?.equals(ref) });
          assert.equal(down.cause.type, "noproc");
        }
      }
    },
  );

  rule(
    "R-204",
    "a pid of an earlier life of a node is noproc for links and never reaches a new process",
    {
      ...b,
      faults: [{ type: "crash", node: "b", atMs: 0, after: { mark: "crash" }, lastsMs: 20, wipe: false }],
      lastsMs: 20_000,
    },
    function* earlier(self, stage) {
      yield* Process.trapExit(true);
      const olds = [];
      for (let count = 0; count < 3; count += 1) olds.push(yield* puppetOn(self, stage, "b"));
      const [first] = olds as [Pid<any>, ...Pid<any>[]];
      yield* Process.link(first);
      yield* ask(self, first, "nothing");
      stage.mark("crash");
      assert.equal((yield* next(self)).cause.type, "noconnection");
      let found: Pid<any> | undefined;
      while (found === undefined) {
        yield* Process.sleep(20);
        try {
          found = yield* Process.whereisAt(stage.ref("b"), "puppets");
        } catch {
          // Not there yet.
        }
      }
      const news = [found];
      while ((news.at(-1) as Pid).serial < first.serial) {
        news.push(yield* ask(self, found, "spawn", "plain"));
      }
      assert(
        news.some(({ serial }) => serial === first.serial),
        "a new process has the old number",
      );
      for (const old of olds) {
        yield* Process.send(old, "for the dead");
        yield* Process.exit(old, { type: "kill" });
        yield* Process.link(old);
        const exit = yield* next(self);
        assert(exit.from.equals(old));
        assert.equal(exit.cause.type, "noproc");
        yield* Process.monitor(old);
        assert.equal((yield* next(self)).cause.type, "noproc");
      }
      for (const pid of news) assert.deepEqual(yield* ask(self, pid, "got"), []);
      assert.deepEqual(stage.node.inspect().processes.find(({ pid }) => pid.equals(self.pid))?.links, []);
    },
  );

  rule(
    "R-205",
    "when the connection is lost both ends of each link across it get noconnection",
    { ...b, faults: [{ type: "cut", between: ["a", "b"], atMs: 0, after: { mark: "cut" } }] },
    function* lost(self, stage) {
      const pairs = [yield* pairOn(self, stage, "b"), yield* pairOn(self, stage, "b")];
      for (const [near, far] of pairs) {
        yield* ask(self, near, "trap", true);
        yield* ask(self, far, "trap", true);
        yield* ask(self, near, "link", far);
        yield* ask(self, far, "nothing");
      }
      yield* settle();
      stage.mark("cut");
      yield* settle();
      for (const [near, far] of pairs) {
        for (const puppet of [near, far]) {
          const got: any[] = yield* ask(self, puppet, "got");
          assert.deepEqual(
            got.map(({ type, cause }) => [type, cause.type]),
            [["EXIT", "noconnection"]],
          );
          assert.deepEqual(yield* linksOf(self, puppet), []);
        }
      }
    },
  );

  rule(
    "R-206, R-207",
    "after unlink nothing comes through the link any more, and an EXIT that is there already stays",
    { everyOrder: true },
    function* unlinked(self) {
      yield* Process.trapExit(true);
      const waits = function* waits(me: Self<any>): LocalGenerator<void> {
        yield* Process.exit(yield* me.receive());
      };
      const before = yield* Process.spawnLink(waits);
      yield* Process.send(before, own);
      yield* Process.sleep(1);
      yield* Process.unlink(before);
      const exit = yield* self.receive({ within: 0 });
      assert.deepEqual([exit.type, exit.cause], ["EXIT", own]);
      const after = yield* Process.spawnLink(waits);
      yield* Process.monitor(after);
      yield* Process.send(after, own);
      yield* Process.unlink(after);
      assert.equal((yield* self.receive()).type, "DOWN");
      assert.equal(yield* self.receive({ within: 10, otherwise: "nothing" }), "nothing");
    },
  );

  rule(
    "R-206, R-207, R-208",
    "the same between nodes, when the end crosses with the unlink, and when it is linked again meanwhile",
    { ...b, lastsMs: 20_000 },
    function* crossed(self, stage) {
      for (let delayMs = 0; delayMs < 8; delayMs += 1) {
        for (const relinks of [false, true]) {
          const [near, far] = yield* pairOn(self, stage, "b");
          yield* ask(self, near, "trap", true);
          yield* ask(self, near, "link", far);
          yield* settle();
          yield* tell(far, "end", own);
          yield* Process.sleep(delayMs);
          yield* ask(self, near, "unlink", far);
          const before: any[] = yield* ask(self, near, "got");
          if (relinks) yield* ask(self, near, "link", far);
          yield* settle();
          const after: any[] = yield* ask(self, near, "got");
          assert(before.length <= 1);
          const causes = after.map(({ cause }) => cause.type);
          // Through the old link nothing; the new one finds nobody, or was there in time to hear of the end.
          if (relinks) assert(causes.length === 1 && ["noproc", "exit"].includes(causes[0]), causes.join(" "));
          else assert.deepEqual(causes, []);
          assert.deepEqual(yield* linksOf(self, near), []);
        }
      }
    },
  );

  rule(
    "R-208",
    "however links and unlinks from both sides cross, both agree in the end",
    { ...b, lastsMs: 20_000 },
    (self, stage) => crossing(self, stage, "b"),
  );

  rule(
    "R-208",
    "the same when one direction is slow",
    {
      ...b,
      lastsMs: 20_000,
      faults: [{ type: "slow", link: ["b", "a"], atMs: 0, after: { mark: "slow" }, meanMs: 15, lastsMs: null }],
    },
    function* slow(self, stage) {
      stage.mark("slow");
      yield* crossing(self, stage, "b");
    },
  );

  rule(
    "R-208",
    "when both unlink and link again while that crosses, they are linked: an unlink and its answer undo no later link",
    {
      ...b,
      lastsMs: 20_000,
      faults: [{ type: "slow", link: ["b", "a"], atMs: 0, after: { mark: "slow" }, latencyMs: 30, lastsMs: null }],
    },
    function* again(self, stage) {
      stage.mark("slow");
      for (let delayMs = 0; delayMs <= 60; delayMs += 10) {
        const [one, other] = yield* pairOn(self, stage, "b");
        yield* ask(self, one, "link", other);
        yield* settle();
        yield* tell(other, "all", [
          ["unlink", one],
          ["link", one],
        ]);
        yield* Process.sleep(delayMs);
        yield* ask(self, one, "all", [
          ["unlink", other],
          ["link", other],
        ]);
        yield* settle();
        assert.equal(yield* agree(self, one, other), true, `after ${delayMs} ms`);
        yield* Process.exit(one, { type: "kill" });
      }
    },
  );

  rule(
    "R-208",
    "an exit signal that was on its way when the link was taken away is not that of the link that is made again",
    {
      ...b,
      lastsMs: 20_000,
      faults: [{ type: "slow", link: ["b", "a"], atMs: 0, after: { mark: "slow" }, latencyMs: 100, lastsMs: null }],
    },
    function* stale(self, stage) {
      const [near, far] = yield* pairOn(self, stage, "b");
      yield* ask(self, near, "trap", true);
      yield* ask(self, near, "link", far);
      yield* settle();
      stage.mark("slow");
      yield* Process.sleep(1);
      yield* tell(far, "end", own);
      yield* Process.sleep(50);
      yield* ask(self, near, "all", [
        ["unlink", far],
        ["link", far],
      ]);
      yield* Process.sleep(500);
      const got: any[] = yield* ask(self, near, "got");
      assert.deepEqual(
        got.map(({ cause }) => cause.type),
        ["noproc"],
      );
    },
  );

  rule(
    "R-209",
    "when a process ends nobody lists it as linked",
    { ...b, lastsMs: 20_000 },
    function* dissolved(self, stage) {
      const hub = yield* puppetOn(self, stage, "a");
      const spokes: Pid<any>[] = [];
      for (let index = 0; index < 6; index += 1) {
        const spoke = yield* puppetOn(self, stage, index % 2 === 0 ? "a" : "b");
        yield* ask(self, spoke, "trap", true);
        yield* ask(self, index % 3 === 0 ? hub : spoke, "link", index % 3 === 0 ? spoke : hub);
        spokes.push(spoke);
      }
      yield* settle();
      assert.equal((yield* linksOf(self, hub)).length, 6);
      yield* tell(hub, "end", own);
      yield* settle();
      for (const spoke of spokes) assert.deepEqual(yield* linksOf(self, spoke), []);
    },
  );

  rule(
    "R-210",
    "exit signals through links are not lost when the connection is congested",
    {
      ...b,
      lastsMs: 60_000,
      faults: [
        {
          type: "throttle",
          link: ["a", "b"],
          bytesPerSecond: 50_000,
          atMs: 0,
          after: { mark: "congest" },
          lastsMs: 20_000,
        },
      ],
      simulatedOnly: "it takes half a minute of the clock",
    },
    (self, stage) => congested(self, stage),
  );

  rule(
    "R-210",
    "the same when the other node reads slowly",
    {
      ...b,
      lastsMs: 60_000,
      faults: [
        {
          type: "slowConsumer",
          node: "b",
          bytesPerSecond: 50_000,
          atMs: 0,
          after: { mark: "congest" },
          lastsMs: 20_000,
        },
      ],
      simulatedOnly: "it takes half a minute of the clock",
    },
    (self, stage) => congested(self, stage),
  );
});

/** Many processes end behind more than the line takes: each exit signal arrives, in its place. */
function* congested(self: Self<any>, stage: Stage): LocalGenerator<void> {
  const far = yield* puppetOn(self, stage, "b");
  yield* ask(self, far, "trap", true);
  const nears: Pid<any>[] = [];
  for (let index = 0; index < 30; index += 1) {
    const near = yield* puppetOn(self, stage, "a");
    yield* ask(self, near, "link", far);
    nears.push(near);
  }
  yield* settle();
  stage.mark("congest");
  yield* Process.sleep(1);
  for (const near of nears) {
    yield* tell(near, "all", [
      ["send", far, { of: near, text: "x".repeat(20_000) }],
      ["end", { type: "exit", reason: near.serial }],
    ]);
  }
  yield* Process.sleep(40_000);
  const got: any[] = yield* ask(self, far, "got");
  const exits = got.filter(({ type }) => type === "EXIT");
  assert.equal(got.length, 60);
  assert.deepEqual(
    exits.map(({ cause }) => cause.reason).toSorted((x: number, y: number) => x - y),
    nears.map(({ serial }) => serial),
  );
  for (const [index, { from }] of got.entries()) {
    if (from === undefined) continue;
    assert(
      got.slice(0, index).some(({ of }) => of instanceof Pid && of.equals(from)),
      "its message came first",
    );
  }
}

export const { scenarios }: Section = links;

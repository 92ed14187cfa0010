import { Heartbeat, Process, Server, Supervisor, type Self } from "espalier";
import { linearizable, models, property, WorldStuckError, type HistoryEntry, type SimNode } from "../../src/index.ts";
import { afterEach, beforeEach, describe, expect, it, treeOf } from "../../src/node/vitest/index.ts";
import { Sim } from "../../src/index.ts";

const idle = function* idle(self: Self<never>) {
  yield* self.receive();
};

/** What a matcher says when it fails. */
function saidBy(assertion: () => unknown): string {
  try {
    assertion();
  } catch (error) {
    return (error as Error).message;
  }
  return "nothing";
}

const Worker = Server.define({
  label: "worker",
  init: (): { readonly n: number } => ({ n: 0 }),
  cast: {
    fail: (): never => {
      throw new Error("oops");
    },
  },
});

const Pair = Supervisor.define({
  strategy: "one-for-one",
  intensity: { restarts: 5, within: "10s" },
  children: [
    Supervisor.worker("one", Worker, [], { name: "one" }),
    Supervisor.worker("two", Worker, [], { name: "two" }),
  ],
});

/** Starts the pair under a process that lives as long as the test. */
async function startPair(sim: Sim, node: SimNode) {
  const started = node.run(function* () {
    const ref = yield* Supervisor.start(Pair);
    yield* Process.register("pair", ref.pid);
    return ref;
  });
  return await sim.until(started);
}

const fail = (sim: Sim, node: SimNode, name: string): Promise<unknown> =>
  sim.until(node.run(Server.ref(Worker, name).cast.fail() as never)).then(() => sim.advance(10));

describe("a matcher", { timeout: 60_000 }, () => {
  it("knows whether processes are alive, and with what they ended", async ({ sim }) => {
    const { a } = await sim.nodes("a", "b");
    const pid = a.spawn(idle);
    expect(pid).toBeLive();
    expect(pid).not.toBeStoppedWith("killed");
    expect(saidBy(() => expect(pid).not.toBeLive())).toMatch(
      /^expected Pid\(.*\) not to be live, got a process that is alive$/,
    );
    expect(saidBy(() => expect(pid).toBeStoppedWith("killed"))).toMatch(
      /to have ended with killed, got a process that is alive$/,
    );
    await sim.advance(10);
    a.kill(pid);
    await sim.advance(10);
    expect(pid).toBeStoppedWith("killed");
    expect(pid).toBeStoppedWith("killed", { in: sim });
    expect(saidBy(() => expect(pid).toBeLive())).toMatch(/to be live, got an end with killed \(/);
    expect(saidBy(() => expect(pid).toBeStoppedWith("error"))).toMatch(
      /to have ended with error, got an end with killed/,
    );
    expect(saidBy(() => expect(7).toBeLive())).toBe("expected a pid or a heartbeat, got 7");
  });

  it("knows the same of heartbeats", async ({ sim }) => {
    const { a } = await sim.nodes("a");
    let heartbeat!: Heartbeat;
    a.spawn(function* (self: Self<"stop">) {
      heartbeat = yield* Heartbeat.create("1h");
      yield* self.receive();
      yield* Heartbeat.stop(heartbeat);
      yield* self.receive();
    });
    await sim.advance(10);
    expect(heartbeat).toBeLive();
    expect(saidBy(() => expect(heartbeat).toBeStoppedWith("stopped"))).toMatch(
      /to have ended with stopped, got a heartbeat that is live/,
    );
    await sim.until(a.run(Heartbeat.stop(heartbeat)));
    expect(heartbeat).toBeStoppedWith("stopped");
    expect(saidBy(() => expect(heartbeat).toBeLive())).toMatch(/to be live, got an end with stopped \(/);
    // Long after its home has let the record go.
    await sim.quiesce();
    expect(heartbeat).toBeStoppedWith("stopped");
    const strange = new (heartbeat.constructor as new (home: string, incarnation: string, serial: number) => Heartbeat)(
      "x",
      "y",
      1,
    );
    expect(saidBy(() => expect(strange).toBeLive())).toMatch(/got a heartbeat that nobody knows$/);
  });

  it("knows who is linked", async ({ sim }) => {
    const { a, b } = await sim.nodes("a", "b");
    const other = b.spawn(idle);
    const linking = a.spawn(function* (self: Self<never>) {
      yield* Process.link(other);
      yield* self.receive();
    });
    expect(saidBy(() => expect(linking).toBeLinkedWith(other))).toMatch(
      /to be linked, got Pid\(.*\) is not linked with Pid\(.*\); Pid/,
    );
    await sim.advance(100);
    expect(linking).toBeLinkedWith(other);
    expect(saidBy(() => expect(linking).not.toBeLinkedWith(other))).toMatch(/not to be linked, got a link both ways/);
    expect(saidBy(() => expect("x").toBeLinkedWith(other))).toBe('expected a pid, got "x"');
  });

  it("counts restarts, of a supervisor or of one child", async ({ sim }) => {
    const { a } = await sim.nodes("a");
    const pair = await startPair(sim, a);
    expect(pair).toHaveRestarted(0);
    await fail(sim, a, "one");
    await fail(sim, a, "one");
    await fail(sim, a, "two");
    expect(pair).toHaveRestarted(3);
    expect(pair.pid).toHaveRestarted(3);
    expect("pair").toHaveRestarted(2, { child: "one" });
    expect(saidBy(() => expect("pair").toHaveRestarted(3, { child: "one" }))).toBe(
      "expected pair to have restarted one 3 times, got 2 times",
    );
    expect(saidBy(() => expect(pair).not.toHaveRestarted(3))).toMatch(/other than 3 times, got 3 times/);
  });

  it("finds orphans and timers", async ({ sim }) => {
    const { a } = await sim.nodes("a");
    expect(sim).toHaveNoOrphans();
    expect(sim).toHaveNoPendingTimers();
    a.spawn(function* parent() {
      yield* Process.spawn(function* orphan() {
        yield* Process.sleep("1h");
      });
    });
    await sim.advance(10);
    expect(saidBy(() => expect(sim).toHaveNoOrphans())).toMatch(
      /^expected no orphans, got a: orphan .*its parent is over/,
    );
    expect(saidBy(() => expect(a).toHaveNoPendingTimers())).toMatch(
      /^expected no timer, got a: sleep of Pid\(.*\) in 35999\d\d/,
    );
    expect(saidBy(() => expect({}).toHaveNoOrphans())).toBe("expected a Sim, or the node of the fixture `local`");
  });

  it("waits in virtual time", async ({ sim }) => {
    const { a } = await sim.nodes("a");
    const probe = sim.probe<number>(a);
    a.spawn(function* () {
      yield* Process.sleep("10m");
      yield* Process.send(probe.pid, 1);
    });
    const arrived = (): boolean => probe.all.length > 0;
    await expect(expect(sim).toEventually(arrived)).rejects.toThrow(
      /expected what arrived accepts to hold within 60000 ms, got it does not/,
    );
    await expect(sim).toEventually(
      property("arrival", () => (arrived() ? null : "not yet")),
      { withinMs: 3_600_000 },
    );
    expect(sim.nowMs).toBeLessThan(601_000);
    await expect(expect(sim).toEventually(property("never", () => "no")), "a property").rejects.toThrow(
      "expected never to hold within 60000 ms",
    );
    await expect(expect({}).toEventually(arrived)).rejects.toThrow("toEventually: expected a Sim");
  });

  it("judges histories, and takes what nobody knows for neither", async ({ sim }) => {
    const { a } = await sim.nodes("a");
    expect(a.name).toBe("a");
    sim.history.invoke("a", "x", "write", 1).ok();
    expect(sim).toBeLinearizable(models.register());
    await sim.advance(1);
    const read = sim.history.invoke("a", "y", "read", null);
    await sim.advance(1);
    read.ok(2);
    expect(saidBy(() => expect(sim.history).toBeLinearizable(models.register()))).toMatch(
      /^expected a register, got no order explains .*y: read\(\) = 2$/,
    );
    expect(sim).not.toBeLinearizable(models.register());
    const entries: readonly HistoryEntry[] = sim.history.entries;
    for (const assertion of [expect({ entries }), expect({ entries }).not]) {
      expect(saidBy(() => assertion.toBeLinearizable(models.register(), { stepsMax: 0 }))).toMatch(
        /unknown: the search was given up/,
      );
    }
    expect(linearizable(models.register()).begin(sim.observation).check()).toMatch(/no order/);
  });

  it("reads stories and trees", async ({ sim }) => {
    const { a, b } = await sim.nodes("a", "b");
    await startPair(sim, a);
    sim.crash(b);
    await sim.advance(10_000);
    await sim.restart(b);
    expect(sim).toMatchOrder(["crashed", /b +restarted/]);
    expect(saidBy(() => expect(sim).toMatchOrder(["restarted", "crashed"]))).toMatch(
      /^expected a line with crashed after "restarted", got:/,
    );
    expect(saidBy(() => expect(["x", "y"]).not.toMatchOrder(["x", "y"]))).toBe("expected another order than x, y");
    expect(sim).toMatchTree(`
      a
        pair (supervisor), one-for-one
          one (worker)
          two (worker)
      b
    `);
    expect(sim).toMatchTree();
    expect(saidBy(() => expect(sim).toMatchTree("a\nb"))).toBe(`expected the tree\na\nb\n, got \n${treeOf(sim)}`);
  });

  it("looks into a real node, too", async ({ local }) => {
    const pid = await local.run(function* () {
      return yield* Process.spawn(idle);
    });
    expect(pid).toBeLive();
    expect(() => expect(local).toHaveNoOrphans()).toThrow("its parent is over");
    expect(local).toHaveNoPendingTimers();
    await local.run(Process.exit(pid, { type: "kill" }));
    expect(pid).toBeStoppedWith("killed");
  });
});

describe("without a fixture", { timeout: 60_000 }, () => {
  let sim: Sim;

  beforeEach(() => {
    sim = new Sim({ seed: 1 });
  });

  afterEach(async () => {
    await sim.stop();
  });

  it("a matcher asks where to look", async () => {
    const { a } = await sim.nodes("a");
    const pid = a.spawn(idle);
    expect(saidBy(() => expect(pid).toBeLive())).toBe(
      "expected a test with the fixture `sim` or `local`, or the option `in`: where to look",
    );
    expect(pid).toBeLive({ in: sim });
    await expect(sim.until(() => false)).rejects.toThrow(WorldStuckError);
  });
});

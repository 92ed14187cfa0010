import { Process, Remote, remote, type Cause, type NodeRef, type Pid, type Self } from "espalier";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Sim, type SimNode } from "../src/index.ts";

let sim: Sim;
let a: SimNode;
let b: SimNode;

beforeEach(async () => {
  sim = new Sim({ seed: 7 });
  ({ a, b } = await sim.nodes("a", "b"));
});

afterEach(async () => {
  await sim.stop();
});

describe("a probe", { timeout: 60_000 }, () => {
  it("gives messages in order, each once, and waits as long as it takes and no longer", async () => {
    const probe = sim.probe<{ n: number; from: string }>(b);
    const sending = a.run(function* () {
      for (let n = 1; n <= 3; n += 1) {
        yield* Process.sleep("10s");
        yield* Process.send(probe.pid, { n, from: "a" });
      }
    });
    expect(await probe.expect({ n: 1 })).toEqual({ n: 1, from: "a" });
    expect(sim.nowMs).toBeGreaterThan(10_000);
    expect(sim.nowMs).toBeLessThan(10_100);
    await probe.expectInOrder({ n: 2 }, ({ n }) => n === 3);
    await sim.until(sending);
    expect(probe.unread).toEqual([]);
    expect(probe.all.map(({ message }) => message.n)).toEqual([1, 2, 3]);
  });

  it("says what came instead, or that nothing did", async () => {
    const probe = sim.probe<number | string>(b);
    await sim.until(a.run(Process.send(probe.pid, 1)));
    await expect(probe.expect("x")).rejects.toThrow(/^probe on b: expected "x", got 1 at \d/);
    await expect(probe.expect("x", { withinMs: 500 })).rejects.toThrow(
      'expected "x" within 500 ms, nothing came after [1]',
    );
    sim.crash(b);
    await expect(probe.expect(2, { withinMs: 500 })).rejects.toThrow("nothing came after [1]; b is crashed");
  });

  it("takes messages in any order, or fishes for one", async () => {
    const probe = sim.probe<number | Pid>(b);
    const send = function* (...messages: readonly (number | Pid)[]) {
      for (const message of messages) yield* Process.send(probe.pid, message);
    };
    await sim.until(a.run(send(3, 1, probe.pid, 2)));
    // The predicate accepts all three numbers, and gets the one that is left.
    const anyNumber = (message: number | Pid): boolean => typeof message === "number";
    expect(await probe.expectUnordered(anyNumber, 2, 3, probe.pid)).toEqual([1, 2, 3, probe.pid]);
    await sim.until(a.run(send(5, 6, 7, 8)));
    expect(await probe.fish(7)).toEqual([5, 6, 7]);
    await sim.until(a.run(send(9)));
    await expect(probe.expectUnordered(9, 9)).rejects.toThrow("probe on b: expected in any order [9, 9], got [8, 9]");
    await expect(probe.fish(10, { withinMs: 100 })).rejects.toThrow("expected 10 within 100 ms");
  });

  it("expects nothing until the cluster is quiet: whoever is merely slow is found out (S153)", async () => {
    const probe = sim.probe<string>(b);
    await probe.expectNothing();
    // Asleep for an hour.
    a.spawn(function* () {
      yield* Process.sleep("50m");
      yield* Process.send(probe.pid, "late");
    });
    await expect(probe.expectNothing()).rejects.toThrow(/expected nothing, got "late" at 30\d{5}/);
    await probe.expect("late");
    // Under way over a slow link.
    sim.network.setLink("a", "b", { latencyMs: 30_000 });
    a.spawn(function* () {
      yield* Process.send(probe.pid, "slow");
    });
    await expect(probe.expectNothing()).rejects.toThrow('got "slow"');
    await probe.expect("slow");
    sim.network.setLink("a", "b", { latencyMs: 1 });
    // Already there.
    await sim.until(a.run(Process.send(probe.pid, "there")));
    await sim.advance(100);
    await expect(probe.expectNothing()).rejects.toThrow('got "there"');
    await probe.expect("there");
    // Scheduled by a process that lives on.
    const timing = a.spawn(function* (self: Self<never>) {
      yield* Process.sendAfter("20s", probe.pid, "timed");
      yield* self.receive();
    });
    expect(timing.serial).toBeGreaterThan(0);
    await expect(probe.expectNothing()).rejects.toThrow('got "timed"');
    await probe.expect("timed");
  });

  it("expects nothing behind a partition, which ends by nobody's doing", async () => {
    const probe = sim.probe<string>(b);
    const partition = sim.network.partition("a", "b");
    a.spawn(function* () {
      yield* Process.send(probe.pid, "held back");
    });
    await probe.expectNothing();
    partition.end();
    expect(sim.nowMs).toBeGreaterThan(10_000);
    expect(probe.all).toEqual([]);
  });

  it("is never told that a cluster is quiet that is not", async () => {
    a.spawn(function* () {
      for (;;) yield* Process.sleep("1s");
    });
    await expect(sim.quiesce({ withinMs: 60_000 })).rejects.toThrow(
      /has not become quiet within 60000 ms: a has a timer: sleep in/,
    );
  });

  it("sees the end of a process, or says that it did not come", async () => {
    const probe = sim.probe(b);
    const pid = a.spawn(function* (self: Self<never>) {
      yield* self.receive();
    });
    await expect(probe.expectTerminated(pid, { withinMs: 1_000 })).rejects.toThrow(
      /expected Pid\(.*\) to end within 1000 ms, and it has not/,
    );
    a.spawn(function* () {
      yield* Process.sleep("1s");
      yield* Process.exit(pid, { type: "kill" });
    });
    expect(await probe.expectTerminated(pid)).toEqual({ type: "killed" });
    expect((await probe.expectTerminated(pid)).type).toBe("noproc");
  });
});

describe("a barrier", { timeout: 60_000 }, () => {
  it("stops the cluster at the very event in which somebody arrives", async () => {
    const barrier = sim.barrier("working");
    const steps: string[] = [];
    const done = a.run(function* () {
      steps.push("before");
      yield* Process.sleep("3s");
      yield* barrier.hold();
      steps.push("after");
    });
    await sim.until("working");
    expect([steps, barrier.arrived, barrier.holding]).toEqual([["before"], 1, 1]);
    const { nowMs } = sim;
    expect(nowMs).toBeGreaterThanOrEqual(3_000);
    await sim.advance(1_000);
    expect(steps).toEqual(["before"]);
    barrier.release();
    await sim.until(done);
    expect([steps, barrier.holding, sim.nowMs]).toEqual([["before", "after"], 0, nowMs + 1_000]);
  });

  it("holds async bodies, several at a time, fails them, and opens for good", async () => {
    const barrier = sim.barrier("door");
    expect(sim.barrier("door")).toBe(barrier);
    const enter = (): Promise<string> => a.run<[], string>(async () => barrier.hold().then(() => "in"));
    const both = [enter(), enter()];
    await barrier.reached(2);
    barrier.fail(new Error("closed"));
    expect(await sim.until(Promise.allSettled(both))).toEqual([
      { status: "rejected", reason: new Error("closed") },
      { status: "rejected", reason: new Error("closed") },
    ]);
    barrier.open();
    expect(await sim.until(enter())).toBe("in");
    await expect(barrier.reached(4, { withinMs: 10 })).rejects.toThrow("what is waited for has not");
  });

  it("holds code that travels, by a gate", async () => {
    const barrier = sim.barrier("there");
    const gate = barrier.gate(a);
    const journey = remote({}, function* (self: Self<string>, to: NodeRef, gate: Pid<any>) {
      yield* Remote.transfer(to);
      yield* Process.send(gate, self.pid);
      yield* self.receive({ match: (message) => message === "released" });
      return (yield* Remote.here()).id;
    });
    const done = a.run<[NodeRef, Pid<any>], string, string>(journey, b.ref, gate);
    await barrier.reached();
    expect(a.view?.moving.homes).toBe(1);
    barrier.release();
    expect(await sim.until(done)).toBe(b.ref.id);
  });
});

describe("a cluster for one test", { timeout: 60_000 }, () => {
  it("does the same for the same seed", async () => {
    const run = async (seed: number): Promise<string> => {
      const sim = new Sim({ seed });
      const { x, y } = await sim.nodes("x", "y");
      const probe = sim.probe<number>(y);
      await sim.until(x.run(Process.send(probe.pid, 1)));
      await probe.expect(1);
      await probe.expectNothing();
      await sim.stop();
      return sim.traceHash;
    };
    expect(await run(1)).toBe(await run(1));
    expect(await run(2)).not.toBe(await run(1));
  });

  it("gives the verdict of a supervisor on another machine, as in a scenario", async () => {
    const probe = sim.probe<Cause>(b);
    const work = a.spawn(function* (self: Self<never>) {
      yield* self.receive();
    });
    b.spawn(function* (self: Self<Cause>) {
      yield* self.monitor(work, ({ cause }) => cause);
      yield* Process.send(probe.pid, yield* self.receive());
    });
    await sim.advance(1_000);
    sim.crash(a);
    await probe.expect({ type: "noconnection" });
    await sim.restart(a);
    expect([a.life, a.state]).toEqual([2, "running"]);
    expect(sim.story().join("\n")).toMatch(/a +crashed[^]*a +restarted/);
    expect(sim.inspect().nodes.map(({ name, life }) => [name, life])).toEqual([
      ["a", 2],
      ["b", 1],
    ]);
  });

  it("begins faults, and pauses and resumes nodes", async () => {
    const probe = sim.probe<string>(b);
    sim.pause(b);
    await sim.until(a.run(Process.send(probe.pid, "x")));
    await sim.advance(100);
    expect(probe.all).toEqual([]);
    sim.resume(b);
    await probe.expect("x");
    const fault = sim.begin({ type: "partition", atMs: 0, links: [["a", "b"]] });
    await sim.until(a.run(Process.send(probe.pid, "y")));
    await sim.advance(100);
    expect(probe.unread).toEqual([]);
    fault.end();
    await probe.expect("y");
    expect(fault.tally.effective).toBeGreaterThan(0);
    expect(() => sim.begin({ type: "crash", atMs: 0, node: "c" })).toThrow("node: expected one of a, b");
  });

  it("refuses what makes no sense", async () => {
    await expect(sim.nodes("c")).rejects.toThrow("nodes: expected all names in one call, got c after a, b");
    await expect(new Sim({ seed: 1 }).nodes("a", "a")).rejects.toThrow("expected different names");
    expect(() => sim.node("c")).toThrow("node: expected one of a, b, got c");
    expect(() => new Sim({ seed: 1, silenceMs: 0 })).toThrow("silenceMs: expected more than 0");
    await expect(sim.until("nowhere", { withinMs: 10 })).rejects.toThrow(
      /^mark "nowhere": .*has not.*; reached were spawn, connection.dialling, handshake.done, connection.up, node.up, exit/,
    );
    sim.crash("a");
    expect(() => a.node).toThrow("a: expected a node that runs, it is crashed");
  });
});

describe("a leak", { timeout: 60_000 }, () => {
  const leaking = async (leak: (node: SimNode, sim: Sim) => unknown): Promise<string> => {
    const sim = new Sim({ seed: 1 });
    const { x } = await sim.nodes("x", "y");
    await leak(x, sim);
    return sim.stop().then(
      () => "no leak",
      (error: Error) => error.message,
    );
  };

  it("of a program is named at the end: a timer, a listener, a pipe (S154)", async () => {
    expect(await leaking((x) => void x.node.kernel.host.clock.after(60_000, () => {}))).toMatch(
      /^left behind after the test:\n {2}- x: a timer of 60000 ms, set at .*sim\.test\.ts/,
    );
    expect(await leaking((x) => x.node.kernel.host.network.listen("ws://x:1", () => ({}) as never))).toMatch(
      /- x: a listener on ws:\/\/x:1, opened at .*sim\.test\.ts/,
    );
    const handler = { open() {}, frame() {}, closed() {} };
    expect(
      await leaking(async (x, sim) => {
        await sim.node("y").node.kernel.host.network.listen("ws://y:9", () => handler);
        x.node.kernel.host.network.connect("ws://y:9", handler);
        await sim.advance(100);
      }),
    ).toMatch(/x: a pipe to ws:\/\/y:9\n {2}- y: a listener on ws:\/\/y:9[^]*\n {2}- y: a pipe from x/);
  });

  it("is none when the program was in order, whoever crashed, was paused, or waits for good", async () => {
    expect(
      await leaking(async (x, sim) => {
        x.spawn(function* (self: Self<never>) {
          yield* Process.trapExit(true);
          yield* self.receive({ within: "1h" });
        });
        await sim.advance(10);
        sim.pause(x);
        sim.crash("y");
        await sim.advance(10_000);
      }),
    ).toBe("no leak");
  });
});

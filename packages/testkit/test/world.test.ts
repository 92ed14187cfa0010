import { describe, expect, it } from "vitest";
import { UncaughtError, World, WorldStuckError } from "../src/index.ts";

describe("virtual time", () => {
  it("jumps to what is due next, and stands at the end of what was asked for", async () => {
    const world = new World({ seed: 1 });
    const { clock } = world.machine("a").host;
    const fired: number[] = [];
    const startMs = clock.monotonic();
    for (const delayMs of [86_400_000, 5, 0, 5.3]) clock.after(delayMs, () => fired.push(clock.monotonic() - startMs));
    await world.run(86_400_000);
    expect(fired.map((ms) => Math.round(ms * 10) / 10)).toEqual([0, 5, 5.3, 86_400_000]);
    await world.run(1_000);
    expect(world.nowMs).toBe(86_401_000);
  });

  it("fires no timer before its time as the process itself measures it", async () => {
    const world = new World({ seed: 3 });
    const { clock, random } = world.machine("a").host;
    let early = 0;
    for (let n = 0; n < 300; n += 1) {
      const delayMs = random.unit() * 1_000;
      const dueMs = clock.monotonic() + delayMs;
      clock.after(delayMs, () => {
        if (clock.monotonic() < dueMs) early += 1;
      });
      await world.run(random.unit());
    }
    await world.run(1_000);
    expect(early).toBe(0);
  });

  it("lets everything that promises bring happen before the next event, however long the chain", async () => {
    const world = new World({ seed: 1 });
    const { loop } = world.machine("a").host;
    const log: string[] = [];
    loop.soon(() => {
      void (async () => {
        for (let hop = 0; hop < 1_000; hop += 1) await Promise.resolve();
        log.push("chain");
      })();
    });
    loop.soon(() => log.push("next"));
    await world.run(0);
    expect(log).toEqual(["chain", "next"]);
  });

  it("never fires a timer that was cancelled, and keeps no trace of it", async () => {
    const world = new World({ seed: 1 });
    const { clock } = world.machine("a").host;
    let fired = 0;
    const timers = Array.from({ length: 10_000 }, (_, n) => clock.after(n % 97, () => (fired += 1)));
    for (const timer of timers.slice(1)) timer.cancel();
    timers.at(-1)?.cancel();
    await world.run(100);
    expect([fired, world.events]).toEqual([1, 1]);
  });

  it("gives what was waited for, and says when it cannot come", async () => {
    const world = new World({ seed: 1 });
    const { clock } = world.machine("a").host;
    const later = new Promise<string>((resolve) => void clock.after(1_000, () => resolve("here")));
    await expect(world.until(later)).resolves.toBe("here");
    expect(world.nowMs).toBe(1_000);
    await expect(world.until(() => false)).rejects.toThrow("nothing is left to happen at 1000 ms");
    const again = (): void => void clock.after(10, again);
    again();
    const beforeMs = world.nowMs;
    await expect(world.until(() => false, { withinMs: 55 })).rejects.toThrow("not happened within 55 ms");
    expect(world.nowMs).toBe(beforeMs + 55);
  });

  it("gives up a run that never ends in one instant", async () => {
    const world = new World({ seed: 1, eventsMax: 1_000 });
    const { loop } = world.machine("a").host;
    const again = (): void => loop.soon(again);
    again();
    const failure = await world.run(1).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(WorldStuckError);
    expect(String(failure)).toMatch(/no end of it: the last 1000 all at 0 ms\./);
  });

  it("gives up a run that never ends as time goes on, too", async () => {
    const world = new World({ seed: 1, eventsMax: 1_000 });
    const { clock } = world.machine("a").host;
    const again = (): void => void clock.after(1, again);
    again();
    await expect(world.run(10_000)).rejects.toThrow(/no end of it$/);
  });

  it("ends the run with what a machine did not catch, and names the machine", async () => {
    const world = new World({ seed: 1 });
    const cause = new Error("oops");
    world.machine("a").host.loop.soon(() => {
      throw cause;
    });
    const failure = await world.run(0).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(UncaughtError);
    expect(failure).toMatchObject({ code: "UNCAUGHT", machine: "a", cause });
  });

  it("is driven by one at a time", async () => {
    const world = new World({ seed: 1 });
    const running = world.run(1);
    await expect(world.run(1)).rejects.toThrow("one driver at a time");
    await running;
  });

  it("refuses what is no seed, no name, no duration", async () => {
    for (const seed of [-1, 0.5, Number.NaN, 2 ** 53]) expect(() => new World({ seed })).toThrow(RangeError);
    const world = new World({ seed: 1 });
    for (const name of ["", "A", "a b", "-a"]) expect(() => world.machine(name)).toThrow(TypeError);
    await expect(world.run(-1)).rejects.toThrow(RangeError);
    expect(() => world.machine("a").host.clock.after(Number.NaN, () => {})).toThrow(RangeError);
  });
});

describe("a machine", () => {
  it("runs nothing of a process that crashed: no timer, no task, no answer of its disk (P22)", async () => {
    const world = new World({ seed: 1 });
    const machine = world.machine("a");
    const { clock, loop, disk } = machine.host;
    const log: string[] = [];
    clock.after(10, () => log.push("timer"));
    await world.run(5);
    loop.soon(() => log.push("task"));
    void disk.write("file", Uint8Array.of(1)).then(() => log.push("written"));
    expect(machine.crash()).toBe(true);
    expect(machine.crash()).toBe(false);
    clock.after(1, () => log.push("timer after death"));
    loop.soon(() => log.push("task after death"));
    loop.afterInput(() => log.push("input after death"));
    await world.run(1_000);
    machine.restart();
    await world.run(1_000);
    expect(log).toEqual([]);
    expect(machine.disk.files.size).toBe(0);
  });

  it("comes back with its disk, and with another clock and other random numbers", async () => {
    const world = new World({ seed: 1 });
    const machine = world.machine("a");
    const before = machine.host;
    const written = before.disk.write("key", Uint8Array.of(1, 2));
    await world.until(written);
    const first = before.random.bytes(16);
    machine.crash();
    const after = machine.restart();
    expect(machine.host).toBe(after);
    expect(await world.until(after.disk.read("key"))).toEqual(Uint8Array.of(1, 2));
    expect(await world.until(after.disk.read("other"))).toBeNull();
    expect(after.random.bytes(16)).not.toEqual(first);
    expect(after.clock.monotonic()).not.toBe(before.clock.monotonic());
    expect(after.clock.wall()).toBe(before.clock.wall());
    expect(() => machine.restart()).toThrow("it is running");
  });

  it("does nothing while it is paused, then what was due, timers before what arrived, and afterInput behind both (H19)", async () => {
    const world = new World({ seed: 1 });
    const [a, b] = [world.machine("a"), world.machine("b")];
    const log: string[] = [];
    await a.host.network.listen(a.url, () => ({ open() {}, frame: () => log.push("frame"), closed() {} }));
    const pipe = b.host.network.connect(a.url, { open() {}, frame() {}, closed() {} });
    await world.run(100);
    const { clock, loop } = a.host;
    clock.after(50, () => {
      log.push("timer");
      loop.afterInput(() => log.push("after input"));
    });
    const cancelled = clock.after(50, () => log.push("cancelled"));
    clock.after(40, () => cancelled.cancel());
    expect([a.pause(), a.pause()]).toEqual([true, false]);
    pipe.send(Uint8Array.of(1));
    await world.run(1_000);
    expect(log).toEqual([]);
    expect(a.resume()).toBe(4);
    await world.run(0);
    expect(log).toEqual(["timer", "frame", "after input"]);
    expect(a.resume()).toBe(0);
  });

  it("crashes while it is paused, too", async () => {
    const world = new World({ seed: 1 });
    const a = world.machine("a");
    let fired = false;
    a.host.clock.after(1, () => (fired = true));
    a.pause();
    await world.run(10);
    expect(a.crash()).toBe(true);
    a.restart();
    await world.run(10);
    expect([a.state, fired]).toEqual(["running", false]);
    // What waited for the one that crashed does not wait for the next.
    a.pause();
    expect(a.resume()).toBe(0);
  });
});

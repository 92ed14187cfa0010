import { describe, expect, it } from "vitest";
import { World } from "../src/index.ts";

describe("the clock of a machine", () => {
  it("runs at its rate: what it shows, and when its timers fire", async () => {
    const world = new World({ seed: 1 });
    const [fast, slow] = [world.machine("fast"), world.machine("slow")];
    fast.setClock({ rate: 1.1 });
    slow.setClock({ rate: 0.9 });
    const startMs = [fast, slow].map(({ host }) => host.clock.monotonic());
    const fired: [string, number][] = [];
    for (const { name, host } of [fast, slow]) host.clock.after(990, () => fired.push([name, world.nowMs]));
    await world.run(2_000);
    expect(fired).toEqual([
      ["fast", expect.closeTo(900, 2)],
      ["slow", expect.closeTo(1_100, 2)],
    ]);
    const passedMs = [fast, slow].map(({ host }, n) => host.clock.monotonic() - (startMs[n] as number));
    expect(passedMs).toEqual([expect.closeTo(2_200, 2), expect.closeTo(1_800, 2)]);
  });

  it("fires no timer before its time, nor a tick too late, however often the rate changes meanwhile", async () => {
    const world = new World({ seed: 7 });
    const machine = world.machine("a");
    const { clock, random } = machine.host;
    const lateMs: number[] = [];
    for (let n = 0; n < 400; n += 1) {
      const delayMs = random.unit() * 300;
      const dueMs = clock.monotonic() + delayMs;
      clock.after(delayMs, () => lateMs.push(clock.monotonic() - dueMs));
      await world.run(random.unit() * 3);
      machine.setClock({ rate: 0.9 + random.unit() * 0.2 });
    }
    await world.run(1_000);
    expect(lateMs).toHaveLength(400);
    expect(Math.min(...lateMs)).toBeGreaterThanOrEqual(0);
    // At most one tick of the world, as long as it is by this clock, and one for its rounding.
    expect(Math.max(...lateMs)).toBeLessThan(2.2 / 1024);
  });

  it("goes on where it was when the rate changes, and shows whole ticks", async () => {
    const world = new World({ seed: 2 });
    const machine = world.machine("a");
    const { clock } = machine.host;
    let lastMs = clock.monotonic();
    for (const rate of [1.1, 0.9, 1, 1.05, 0.93]) {
      machine.setClock({ rate });
      expect(clock.monotonic()).toBe(lastMs);
      await world.run(1.7);
      lastMs = clock.monotonic();
      expect(Number.isInteger(lastMs * 1024)).toBe(true);
    }
  });

  it("keeps its rate when the process ends, and refuses one that no clock has", async () => {
    const world = new World({ seed: 1 });
    const machine = world.machine("a");
    machine.setClock({ rate: 1.1 });
    machine.crash();
    const { clock } = machine.restart();
    const startMs = clock.monotonic();
    await world.run(1_000);
    expect(clock.monotonic() - startMs).toBeCloseTo(1_100, 2);
    for (const rate of [0, 0.8, 1.2, Number.NaN]) expect(() => machine.setClock({ rate })).toThrow(RangeError);
  });

  it("has a wall clock beside it that jumps", async () => {
    const world = new World({ seed: 1 });
    const machine = world.machine("a");
    const { clock } = machine.host;
    const [wallMs, monotonicMs] = [clock.wall(), clock.monotonic()];
    machine.stepWall(-3_600_000);
    await world.run(10);
    expect([clock.wall() - wallMs, clock.monotonic() - monotonicMs]).toEqual([-3_599_990, 10]);
    machine.crash();
    expect(machine.restart().clock.wall() - wallMs).toBe(-3_599_990);
    expect(() => machine.stepWall(Number.NaN)).toThrow(RangeError);
  });
});

describe("a machine that is suspended", () => {
  it("does nothing, and its monotonic clock stands still while the wall clock goes on", async () => {
    const world = new World({ seed: 1 });
    const machine = world.machine("a");
    const { clock } = machine.host;
    const [wallMs, monotonicMs] = [clock.wall(), clock.monotonic()];
    const fired: number[] = [];
    clock.after(100, () => fired.push(world.nowMs));
    await world.run(60);
    expect([machine.suspend(), machine.suspend(), machine.pause(), machine.state]).toEqual([
      true,
      false,
      false,
      "paused",
    ]);
    await world.run(1_000);
    expect(clock.monotonic() - monotonicMs).toBe(60);
    expect(machine.resume()).toBe(0);
    await world.run(1_000);
    expect(fired).toEqual([1_100]);
    expect([clock.wall() - wallMs, clock.monotonic() - monotonicMs]).toEqual([2_060, 1_060]);
  });

  it("sets its timers anew when its rate changes meanwhile, and not before it wakes", async () => {
    const world = new World({ seed: 1 });
    const machine = world.machine("a");
    const fired: number[] = [];
    machine.host.clock.after(110, () => fired.push(world.nowMs));
    machine.suspend();
    machine.setClock({ rate: 1.1 });
    await world.run(1_000);
    machine.resume();
    await world.run(1_000);
    expect(fired).toEqual([expect.closeTo(1_100, 2)]);
  });

  it("runs again after a crash", async () => {
    const world = new World({ seed: 1 });
    const machine = world.machine("a");
    let fired = 0;
    machine.host.clock.after(5, () => (fired += 1));
    machine.suspend();
    machine.crash();
    machine.restart().clock.after(10, () => (fired += 10));
    await world.run(20);
    expect(fired).toBe(10);
  });
});

describe("a machine whose event loop is busy", () => {
  it.each([
    ["timers", ["timer", "frame", "task", "after input"]],
    ["input", ["frame", "task", "timer", "after input"]],
  ] as const)("comes first to %s that waited (H19)", async (first, order) => {
    const world = new World({ seed: 1 });
    const [a, b] = [world.machine("a"), world.machine("b")];
    const log: string[] = [];
    await a.host.network.listen(a.url, () => ({ open() {}, frame: () => log.push("frame"), closed() {} }));
    const pipe = b.host.network.connect(a.url, { open() {}, frame() {}, closed() {} });
    await world.run(100);
    const { clock, loop } = a.host;
    loop.afterInput(() => log.push("after input"));
    loop.soon(() => log.push("task"));
    expect([a.block({ first }), a.block()]).toEqual([true, false]);
    clock.after(50, () => log.push("timer"));
    pipe.send(Uint8Array.of(1));
    await world.run(1_000);
    expect(log).toEqual([]);
    expect(a.resume()).toBe(4);
    await world.run(0);
    expect(log).toEqual(order);
  });
});

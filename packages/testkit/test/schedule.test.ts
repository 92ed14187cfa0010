import { type Node, type Pid, Process, type Self } from "espalier";
import { describe, expect, it } from "vitest";
import {
  exhaust,
  property,
  type RunResult,
  scenario,
  type Schedule,
  simulate,
  startNode,
  World,
  type Place,
} from "../src/index.ts";

interface Account {
  readonly node: Node;
  readonly echo: Pid<Pid<string>>;
  balance: number;
  paid: number;
}

async function bootAccount(place: Place): Promise<Account> {
  const node = await startNode(place);
  const echo = await new Promise<Pid<Pid<string>>>((resolve) => {
    void node.run(function* echo(self: Self<Pid<string>>) {
      resolve(self.pid);
      for (;;) yield* Process.send(yield* self.receive(), "here");
    });
  });
  return { node, echo, balance: 0, paid: 0 };
}

/** Reads, waits for an answer, and writes: an update is lost when another one writes meanwhile. */
function* deposit(self: Self<string>, account: Account) {
  const { balance } = account;
  yield* Process.send(account.echo, self.pid);
  yield* self.receive();
  account.balance = balance + 1;
  account.paid += 1;
}

/** In the default order the first one has written before the second one reads. */
const racing = scenario<Account>("lost update", {
  nodes: { a: {} },
  boot: bootAccount,
  workload: (w) => {
    w.op("deposit", { count: 1 }, async ({ node: { app } }) => {
      await Promise.all([
        app.node.run(function* first(self: Self<string>) {
          yield* deposit(self, app);
        }),
        app.node.run(function* second(self: Self<string>) {
          yield* Process.send(app.echo, self.pid);
          yield* self.receive();
          yield* deposit(self, app);
        }),
      ]);
    });
  },
  eventually: [
    property("nothing is lost", ({ nodes }) => {
      const account = nodes[0]?.seen as Account;
      return account.balance === 2 ? null : `${account.paid} have paid, ${account.balance} are there`;
    }),
  ],
  budget: { virtualMs: 10, settleMs: 10 },
});

async function firstFailure(schedule: Schedule, seedsMax: number): Promise<RunResult | null> {
  for (let seed = 0; seed < seedsMax; seed += 1) {
    const result = await simulate(racing, { seed, schedule });
    if (!result.ok) return result;
  }
  return null;
}

function deviationsOf({ plan: { schedule } }: RunResult): readonly (readonly [number, number])[] {
  if (schedule.type !== "listed") throw new Error(`expected what a run has done, got ${schedule.type}`);
  return schedule.deviations;
}

describe("a schedule", { timeout: 60_000 }, () => {
  it("by default keeps the order in which things became due, which hides a race", async () => {
    expect(await firstFailure({ type: "fifo" }, 50)).toBeNull();
  });

  it.each<Schedule>([{ type: "random" }, { type: "pct", depth: 2 }, { type: "delay", bound: 1 }])(
    "of type $type shows it, and its list of deviations replays the run to the byte",
    async (schedule) => {
      const found = (await firstFailure(schedule, 200)) as RunResult;
      expect(found.failure).toMatchObject({
        property: "nothing is lost",
        what: expect.stringContaining("2 have paid, 1 are"),
      });
      expect(deviationsOf(found).length).toBeGreaterThan(0);
      if (schedule.type === "delay") expect(deviationsOf(found)).toHaveLength(1);
      const { seed, schedule: listed } = found.plan;
      const again = await simulate(racing, { seed, schedule: listed });
      expect(again.traceHash).toBe(found.traceHash);
      expect(again.plan.schedule).toEqual(listed);
      expect(again.failure?.what).toBe(found.failure?.what);
    },
  );

  it("is the same in two runs of one seed, and another one in another", async () => {
    const run = (seed: number): Promise<RunResult> => simulate(racing, { seed, schedule: { type: "random" } });
    const [one, same, other] = [await run(3), await run(3), await run(4)];
    expect([same.traceHash, same.plan]).toEqual([one.traceHash, one.plan]);
    expect(deviationsOf(other)).not.toEqual(deviationsOf(one));
  });

  it("that lists nothing is fifo, to the byte, whether it chooses or not", async () => {
    const fifo = await simulate(racing, { seed: 5, schedule: { type: "fifo" } });
    const never = await simulate(racing, { seed: 5, schedule: { type: "delay", bound: 0 } });
    expect(fifo.plan.schedule).toEqual({ type: "listed", deviations: [] });
    const again = await simulate(racing, { seed: 5, schedule: fifo.plan.schedule });
    expect([again.traceHash, never.traceHash]).toEqual([fifo.traceHash, fifo.traceHash]);
  });

  it("is refused when it makes no sense", async () => {
    const given = (schedule: unknown): Promise<unknown> =>
      simulate(racing, { seed: 1, schedule: schedule as Schedule });
    await expect(given({ type: "lifo" })).rejects.toThrow("schedule.type: expected fifo, random");
    await expect(given({ type: "pct", depth: 0 })).rejects.toThrow("schedule.depth: expected a whole number from 1");
    await expect(given({ type: "delay", bound: -1 })).rejects.toThrow("schedule.bound");
    await expect(given({ type: "listed", deviations: [[0.5, 1]] })).rejects.toThrow("schedule.deviations");
  });
});

describe("what no schedule reorders", { timeout: 60_000 }, () => {
  const each = async (look: (world: World) => Promise<void>): Promise<void> => {
    for (let seed = 0; seed < 100; seed += 1) await look(new World({ seed, schedule: { type: "random" } }));
  };

  it("the tasks of one loop, and what a loop promises to do after them; timers of one time it does", async () => {
    const orders = new Set<string>();
    await each(async (world) => {
      const { clock, loop } = world.machine("a").host;
      const log: string[] = [];
      for (const timer of ["x", "y"]) clock.after(1, () => log.push(timer));
      await world.run(0.5);
      world.at(1, () => {
        for (const task of ["1", "2", "3"]) loop.soon(() => log.push(task));
        loop.afterInput(() => log.push("after"));
      });
      await world.run(1);
      expect(log.filter((what) => /\d|after/.test(what))).toEqual(["1", "2", "3", "after"]);
      orders.add(log.join(" "));
    });
    expect(orders.size).toBeGreaterThan(5);
  });

  it("what crosses one pipe; what comes from two machines it does (S148)", async () => {
    const orders = new Set<string>();
    await each(async (world) => {
      const [a, b, c] = ["a", "b", "c"].map((name) => world.machine(name));
      const log: string[] = [];
      await a!.host.network.listen(a!.url, () => ({
        open() {},
        frame: (bytes) => void log.push(String(bytes[0])),
        closed() {},
      }));
      for (const [index, { name, host }] of [b!, c!].entries()) {
        world.network.setLink(name, "a", { latencyMs: 1, jitterMs: 0 });
        const pipe = host.network.connect(a!.url, {
          open: () => [1, 2, 3].forEach((n) => pipe.send(Uint8Array.of(index * 10 + n))),
          frame() {},
          closed() {},
        });
        world.network.setLink("a", name, { latencyMs: 1, jitterMs: 0 });
      }
      await world.run(100);
      expect(log.filter((frame) => frame.length === 1)).toEqual(["1", "2", "3"]);
      expect(log.filter((frame) => frame.length === 2)).toEqual(["11", "12", "13"]);
      orders.add(log.join(" "));
    });
    expect(orders.size).toBeGreaterThan(5);
  });

  it("what a loop finds when it was held up", async () => {
    await each(async (world) => {
      const machine = world.machine("a");
      const { clock, loop } = machine.host;
      const log: string[] = [];
      loop.soon(() => log.push("task"));
      clock.after(1, () => {
        log.push("timer");
        loop.soon(() => log.push("new"));
      });
      machine.block({ first: "timers" });
      await world.run(10);
      machine.resume();
      await world.run(0);
      expect(log).toEqual(["timer", "task", "new"]);
    });
  });
});

describe("exhaustive exploration", { timeout: 60_000 }, () => {
  it("finds a race with a bound of one, and replays it (S148)", async () => {
    const { failure, runs, isComplete } = await exhaust(racing, { seed: 1, delayBound: 1 });
    expect([failure?.failure?.property, isComplete]).toEqual(["nothing is lost", false]);
    expect(runs).toBeGreaterThan(1);
    const again = await simulate(racing, { seed: 1, schedule: failure!.plan.schedule });
    expect(again.traceHash).toBe(failure?.traceHash);
  });

  it("runs each order exactly once", async () => {
    const orders: string[] = [];
    const letters = scenario<object>("letters", {
      nodes: { a: {} },
      boot: ({ host }) => {
        const log: string[] = [];
        // Three timers of one time: all orders of them.
        for (const letter of ["x", "y", "z"]) {
          host.clock.after(1, () => {
            log.push(letter);
            if (log.length === 3) orders.push(log.join(""));
          });
        }
        return {};
      },
      eventually: [property("fine", () => null)],
      budget: { virtualMs: 5, settleMs: 1 },
    });
    expect(await exhaust(letters, { seed: 1 })).toEqual({ runs: 6, isComplete: true, failure: null });
    expect(new Set(orders)).toEqual(new Set(["xyz", "xzy", "yxz", "yzx", "zxy", "zyx"]));
    expect(await exhaust(letters, { seed: 1, delayBound: 1 })).toMatchObject({ runs: 4, isComplete: true });
    expect(await exhaust(letters, { seed: 1, runsMax: 3 })).toEqual({ runs: 3, isComplete: false, failure: null });
    await expect(exhaust(letters, { seed: 1, runsMax: 0.5 })).rejects.toThrow("runsMax");
  });
});

import { remote } from "@espalier/code";
import { Process, Remote, type Down, type Node, type NodeEvent, type NodeRef, type Self } from "@espalier/runtime";
import {
  faults as families,
  scenario,
  Sim,
  simulate,
  startNode,
  type FaultFamily,
  type Place,
  type Property,
  type Scenario,
  type SimNode,
} from "@espalier/testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { lease } from "./by-hand.ts";

/** What a computation says right after a checkpoint. */
interface Progress {
  readonly type: "progress";
  readonly job: string;
  readonly step: number;
  readonly sum: number;
  readonly computation: string;
  readonly epoch: number;
  readonly resumed: boolean;
  readonly done: boolean;
}

declare module "@espalier/runtime" {
  interface NodeExtraEvents {
    readonly progress: Progress;
  }
}

const steps = 6;

/** Adds up on one node. */
const stay = remote({}, function* stay(job: string, last: number) {
  let sum = 0;
  for (let step = 1; step <= last; step += 1) {
    sum += step;
    const taken = yield* Remote.checkpoint();
    yield* Process.emit({ type: "progress", job, step, sum, ...taken, done: step === last });
    yield* Process.sleep(400);
  }
});

/** Adds up on one node after the other, or where it can. */
const travel = remote({}, function* travel(job: string, places: readonly NodeRef[]) {
  let sum = 0;
  let step = 0;
  for (const place of places) {
    step += 1;
    sum += step;
    const taken = yield* Remote.checkpoint();
    yield* Process.emit({ type: "progress", job, step, sum, ...taken, done: step === places.length });
    yield* Process.sleep(150);
    // What cannot be reached is passed over.
    yield* Remote.attempt(Remote.transfer(place));
  }
});

interface App {
  readonly node: Node;
}

/** No epoch of a computation does anything twice, and a computation is in one place: once another run of it has begun, the earlier one is silent. */
const oneRun: Property<App> = {
  name: "one run at a time",
  begin: () => {
    const runs = new Map<string, string[]>();
    const last = new Map<string, Progress>();
    const wrong: string[] = [];
    return {
      event: ({ node, life, event }) => {
        if (!isProgress(event)) return;
        const { job, step, sum, computation, epoch, resumed } = event;
        const what = `${job} on ${node}/${life}: step ${step} of ${computation} in epoch ${epoch}`;
        if (sum !== (step * (step + 1)) / 2) wrong.push(`${what}: the sum is ${sum}`);
        const known = runs.get(job) ?? [];
        runs.set(job, known);
        const run = `${node}/${life} ${computation} ${epoch}`;
        const before = last.get(job);
        if (known.at(-1) === run) {
          if (before !== undefined && step !== before.step + 1) wrong.push(`${what}: after step ${before.step}`);
        } else {
          if (known.includes(run)) wrong.push(`${what}: runs beside ${known.at(-1)}`);
          if (before !== undefined && !resumed && step !== before.step + 1) {
            wrong.push(`${what}: after step ${before.step}, and it was not resumed`);
          }
          if (before?.computation === computation && epoch <= before.epoch)
            wrong.push(`${what}: epoch ${before.epoch} ran before`);
          known.push(run);
        }
        last.set(job, event);
      },
      check: () => wrong[0] ?? null,
    };
  },
};

/** Whatever came as far as its first checkpoint comes to its end, if no disk is lost. */
const allDone: Property<App> = {
  name: "every computation that stays comes to its end",
  begin: () => {
    const open = new Set<string>();
    return {
      event: ({ event }) => {
        if (!isProgress(event) || !event.job.startsWith("stay")) return;
        if (event.done) open.delete(event.job);
        else open.add(event.job);
      },
      check: () => (open.size === 0 ? null : `unfinished: ${[...open].join(", ")}`),
    };
  },
};

/** In the end nothing is left on any disk. */
const nothingLeft: Property<App> = {
  name: "no checkpoint is left",
  begin: (cluster) => ({
    check: () => {
      const left = cluster.nodes.flatMap(({ name, view }) =>
        (view?.processes ?? [])
          .filter(({ checkpoint }) => checkpoint !== null)
          .map(({ label }) => `${label} on ${name}`),
      );
      return left.length === 0 ? null : left.join(", ");
    },
  }),
};

function isProgress(event: NodeEvent): event is Progress {
  return event.type === "progress";
}

function jobs(name: string, faults: FaultFamily, eventually: readonly Property<App>[]): Scenario<App> {
  let serial = 0;
  return scenario<App>(name, {
    nodes: { a: {}, b: {}, c: {} },
    boot: async (place: Place) => ({ node: await startNode(place, { lease, data: "state" }) }),
    workload: (w) => {
      w.op("stay", { count: 6 }, ({ node }) => {
        serial += 1;
        void node.app.node.run(Process.spawn(stay(`stay ${serial}`, steps)));
      });
      w.op("travel", { count: 6, args: (rng) => [0, 1, 2, 3].map(() => rng.below(3)) }, ({ node, args }) => {
        serial += 1;
        const places = (args as readonly number[]).map((index) => node.peers[index]?.ref as NodeRef);
        void node.app.node.run(Process.spawn(travel(`travel ${serial}`, places)));
      });
    },
    faults,
    always: [oneRun],
    eventually,
    sometimes: ["checkpoint.resumed"],
    budget: { virtualMs: 12_000, settleMs: 60_000 },
  });
}

const seeds = Array.from({ length: 8 }, (_, seed) => seed);

describe("computations with checkpoints", () => {
  test("run each epoch once and come to their end, whatever crashes", async () => {
    let resumed = 0;
    for (const seed of seeds) {
      const result = await simulate(
        jobs("crashes", families.crash({ countMax: 8, lastsMaxMs: 1_500 }), [allDone, nothingLeft]),
        { seed },
      );
      expect(result.failure?.text ?? null, `seed ${seed}`).toBeNull();
      resumed += result.marks.get("checkpoint.resumed") ?? 0;
    }
    expect(resumed).toBeGreaterThan(seeds.length);
  }, 60_000);

  test("run each epoch once, also when links break and disks are lost", async () => {
    for (const seed of seeds) {
      const faults = families.swarm([
        families.crash({ countMax: 5, lastsMaxMs: 1_500, wipe: 0.3 }),
        families.partition({ countMax: 3 }),
        families.pause({ countMax: 3 }),
      ]);
      const result = await simulate(jobs("crashes and partitions", faults, [nothingLeft]), { seed });
      expect(result.failure?.text ?? null, `seed ${seed}`).toBeNull();
    }
  }, 60_000);
});

describe("a computation that moves", () => {
  let sim: Sim;
  let a: SimNode;
  let b: SimNode;
  beforeEach(async () => {
    sim = new Sim({ seed: 1, lease, data: "state" });
    ({ a, b } = await sim.nodes("a", "b"));
  });
  afterEach(() => sim.stop());

  const filesOf = (name: string): number =>
    [...sim.world.machine(name).disk.files.keys()].filter((path) => path.includes("/checkpoints/")).length;

  const count = (type: NodeEvent["type"], node: string): number =>
    sim.events.filter((observed) => observed.node === node && observed.event.type === type).length;

  const progress = (): readonly (readonly [node: string, step: number, resumed: boolean])[] =>
    sim.events.flatMap(({ node, event }) => (isProgress(event) ? [[node, event.step, event.resumed] as const] : []));

  test("has nothing on the disk of its source any more when it is offered, and is not resumed there (S202)", async () => {
    a.spawn(() => leaving(b.ref));
    await sim.until(() => count("transfer.started", "a") === 1);
    expect(filesOf("a")).toBe(0);
    await sim.until(() => count("transfer.departed", "a") === 1);
    sim.crash(a);
    await sim.restart(a);
    await sim.advance(5_000);
    // Its home is a: what b has of it ends with that life of a.
    expect(progress()).toEqual([["a", 1, false]]);
    expect([filesOf("a"), filesOf("b"), count("checkpoint.resumed", "a")]).toEqual([0, 0, 0]);
  });

  test("has it again when it could not leave, before it hears of that", async () => {
    a.spawn(() => leaving(b.ref));
    await sim.until(() => progress().length === 1);
    // There is a link, until its file is gone.
    sim.crash(b);
    await sim.until(() => count("checkpoint.removed", "a") === 1);
    await sim.advance(50);
    expect([filesOf("a"), progress().length]).toEqual([1, 1]);
    sim.crash(a);
    await sim.restart(b);
    await sim.restart(a);
    await sim.until(() => progress().length === 3, { withinMs: 60_000 });
    expect(progress()).toEqual([
      ["a", 1, false],
      ["a", 1, true],
      ["b", 2, false],
    ]);
  });

  test.each([0, 0.5, 1, 2, 4])(
    "leaves nothing behind when others move it while it waits, and loses no message (%d ms)",
    async (ms) => {
      const pid = a.spawn<[], string>(answering);
      await sim.until(() => count("checkpoint.written", "a") === 1);
      const moved = a.run(Process.migrate(pid, b.ref));
      await sim.advance(ms);
      void a.run(Process.send(pid, "hello"));
      await sim.until(moved);
      expect(filesOf("a")).toBe(0);
      await sim.until(() => filesOf("b") === 1);
      await sim.advance(500);
      const written = sim.events.filter(({ event }) => event.type === "checkpoint.written");
      expect(written.map(({ node }) => node)).toEqual(["a", "b"]);
    },
  );

  test("has it again when others could not move it", async () => {
    const pid = a.spawn<[], string>(answering);
    await sim.until(() => count("checkpoint.written", "a") === 1);
    const moving = a.run(function* () {
      return yield* Remote.attempt(Process.migrate(pid, b.ref));
    });
    let outcome = "";
    void moving.then(({ type }) => (outcome = type));
    await sim.advance(0.2);
    sim.crash(b);
    await sim.until(() => outcome !== "");
    await sim.advance(50);
    expect([outcome, filesOf("a")]).toEqual(["failure", 1]);
    await sim.restart(b);
  });

  test("is resumed by the node that it was on, and lost for its home", async () => {
    const heard: string[] = [];
    a.spawn(function* (self: Self<Down>) {
      yield* Process.spawnMonitor(leaving(b.ref));
      heard.push((yield* self.receive()).cause.type);
    });
    await sim.until(() => progress().length === 2);
    await sim.advance(100);
    expect([filesOf("a"), filesOf("b")]).toEqual([0, 1]);
    sim.crash(b);
    await sim.restart(b);
    await sim.advance(5_000);
    expect(heard).toEqual(["unresponsive"]);
    expect(progress().slice(2)).toEqual([["b", 2, true]]);
    expect(b.view?.processes.filter(({ checkpoint }) => checkpoint !== null)).toMatchObject([
      { label: "leaving", place: "home", checkpoint: { epoch: 2 } },
    ]);
  });
});

/** Goes to `node` after its first checkpoint, or stays if that cannot be. */
const leaving = remote({}, function* leaving(node: NodeRef) {
  const first = yield* Remote.checkpoint();
  yield* Process.emit({ type: "progress", job: "leaving", step: 1, sum: 1, ...first, done: false });
  yield* Remote.attempt(Remote.transfer(node));
  yield* Process.sleep(100);
  const second = yield* Remote.checkpoint();
  yield* Process.emit({ type: "progress", job: "leaving", step: 2, sum: 3, ...second, done: false });
  yield* Process.sleep(600_000);
});

/** Waits for a message, and takes another checkpoint when it comes. */
const answering = remote({}, function* answering(self: Self<string>) {
  yield* Remote.checkpoint();
  const message = yield* self.receive({ within: "1h" });
  yield* Process.sleep(200);
  yield* Remote.checkpoint();
  yield* Process.sleep(600_000);
  return message;
});

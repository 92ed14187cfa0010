import { World, type RunResult, type Scenario } from "@espalier/testkit";
import type { Node } from "espalier";
import { firstFailure, onceMs, shrinkMs } from "./forgetful.ts";
import { benchmark, bytesEach, type Question, type Subject } from "./harness.ts";
import { answered, beats, beatsKept, load, runOnce, short, type CryptoName } from "./simulation.ts";

// How much of a simulated cluster a second of one core simulates. The processor's time is counted, not that of the wall: a run never waits.

/** How often something happened in a second of the processor's time. */
async function perProcessorSecond(work: () => Promise<number>): Promise<number> {
  const before = process.cpuUsage();
  const count = await work();
  const { user, system } = process.cpuUsage(before);
  return (count * 1e6) / (user + system);
}

let seed = 0;

/** How long the compiler is given: a campaign runs for minutes, and its first seconds are not what counts. */
const compilingMs = 1_000;

/** The same work again and again, but measured only once it has run for a while. */
function compiled(work: () => Promise<number>): Subject {
  let isCompiled = false;
  return async () => {
    const startedMs = performance.now();
    while (!isCompiled && performance.now() - startedMs < compilingMs) await work();
    isCompiled = true;
    return perProcessorSecond(work);
  };
}

function events(what: Scenario<any>, crypto: CryptoName): Subject {
  return compiled(async () => (await runOnce(what, (seed += 1), crypto)).events);
}

/** Questions and answers, of which one frame carries as many as there are at the time. */
function messages(what: Scenario<any>, crypto: CryptoName): Subject {
  return compiled(async () => {
    const before = answered.count;
    await runOnce(what, (seed += 1), crypto);
    return 2 * (answered.count - before);
  });
}

const beatsMs = 300_000;

function virtualHours(crypto: CryptoName): Subject {
  const what = beats(beatsMs);
  return compiled(async () => (await runOnce(what, (seed += 1), crypto)).virtualMs / 3_600_000);
}

const runsEach = 25;

function runs(crypto: CryptoName): Subject {
  return compiled(async () => {
    for (let run = 0; run < runsEach; run += 1) await runOnce(short, (seed += 1), crypto);
    return runsEach;
  });
}

/** Tasks that queue each other on one machine: the loop and the trace, and nothing that ships. */
function bareLoop(): Promise<number> {
  const world = new World({ seed: 1 });
  const { loop } = world.machine("a").host;
  let left = 50_000;
  const again = (): void => {
    left -= 1;
    if (left > 0) loop.soon(again);
  };
  loop.soon(again);
  return perProcessorSecond(async () => {
    await world.run(1);
    return world.events;
  });
}

/** As many events in as much virtual time as three nodes have that beat, and nothing in them. */
function bareHours(): Promise<number> {
  const everyMs = 40;
  const world = new World({ seed: 1 });
  const { clock } = world.machine("a").host;
  const again = (): void => void clock.after(everyMs, again);
  again();
  return perProcessorSecond(async () => {
    await world.run(10 * beatsMs);
    return (10 * beatsMs) / 3_600_000;
  });
}

/** Worlds of two machines with as many events as a short scenario has, and nothing in them. */
function bareRuns(): Promise<number> {
  return perProcessorSecond(async () => {
    for (let run = 0; run < runsEach; run += 1) {
      const world = new World({ seed: (seed += 1) });
      for (const name of ["a", "b"]) {
        const { loop } = world.machine(name).host;
        let left = 30;
        const again = (): void => {
          left -= 1;
          if (left > 0) loop.soon(again);
        };
        loop.soon(again);
      }
      await world.run(150);
    }
    return runsEach;
  });
}

/** Immediates, one for each event: no order of promises is exact for less. */
function immediates(): Promise<number> {
  const count = 50_000;
  return perProcessorSecond(
    () =>
      new Promise((resolve) => {
        for (let index = 1; index < count; index += 1) setImmediate(() => {});
        setImmediate(() => resolve(count));
      }),
  );
}

/** A node that runs, with its share of the world that it runs in. */
async function nodeBytes(): Promise<number> {
  const clusters = 20;
  return await bytesEach(clusters * 3, async () => {
    const nodes: Node[] = [];
    for (let count = 0; count < clusters; count += 1) await runOnce(beatsKept(2_000, nodes), (seed += 1), "plain");
    return nodes;
  });
}

/** What stays of a run that is over, when its result is dropped. */
async function growthBytes(): Promise<number> {
  const count = 100;
  for (let run = 0; run < 20; run += 1) await runOnce(short, (seed += 1), "plain");
  return Math.max(
    0,
    await bytesEach(count, async () => {
      for (let run = 0; run < count; run += 1) await runOnce(short, (seed += 1), "plain");
      return null;
    }),
  );
}

/** Finding it is not counted, only what is done with it then. */
function ofFailure(measure: (failed: RunResult) => Promise<number>): Subject {
  let failed: RunResult | null = null;
  return async () => {
    failed ??= await firstFailure(6);
    return 1_000 * (await measure(failed));
  };
}

const questions: readonly Question[] = [
  {
    name: "events under load, real cryptography",
    unit: "/s",
    subjects: { simulated: events(load(300), "node"), "bare event loop": bareLoop },
    aim: { value: 40_000 },
  },
  {
    name: "events under load, plain cryptography",
    unit: "/s",
    subjects: { simulated: events(load(300), "plain"), "bare event loop": bareLoop, "immediates alone": immediates },
    aim: { value: 150_000 },
  },
  {
    name: "messages between nodes under the same load",
    unit: "/s",
    subjects: { "plain cryptography": messages(load(300), "plain"), "real cryptography": messages(load(300), "node") },
  },
  {
    name: "virtual hours, 3 nodes, 10 actors, 1 s beats",
    unit: "/s",
    subjects: {
      "plain cryptography": virtualHours("plain"),
      "real cryptography": virtualHours("node"),
      "bare event loop": bareHours,
    },
    aim: { value: 1 },
  },
  {
    name: "short scenarios",
    unit: "/s",
    subjects: { "plain cryptography": runs("plain"), "real cryptography": runs("node"), "bare worlds": bareRuns },
    aim: { value: 1_000 },
  },
  {
    name: "making a failure small: at least 6 faults and 40 operations, to 1 and 2",
    unit: "µs",
    subjects: { "shrinking it": ofFailure(shrinkMs), "running it once": ofFailure(onceMs) },
    aim: { value: 10_000_000 },
  },
  { name: "memory of a simulated node", unit: "B", subjects: { simulated: nodeBytes }, aim: { value: 300_000 } },
  { name: "growth for each run", unit: "B", subjects: { simulated: growthBytes }, aim: { value: 64 } },
];

await benchmark(import.meta.url, "What a second of one core simulates", questions);

import { recordedMax, type Node } from "@espalier/runtime";
import { benchmark, type Question } from "./harness.ts";
import type * as introspected from "./introspected.ts";
import { importWithoutLevel0 } from "./without-level-0.ts";

// What level 0 costs: the recorder, a few fields of each process and the message that it handles, which are always on, against the same runtime
// without them. Both are loaded in each measuring process and take turns every few milliseconds, so that whatever else the machine does meets
// both. What is measured is how many times as long the one with level 0 takes.

interface Runtime {
  readonly node: Node;
  readonly work: typeof introspected;
}

async function start(work: typeof introspected): Promise<Runtime> {
  return { work, node: await work.Node.start({ host: work.nodeHost() }) };
}

const withLevel0 = await start(await import("./introspected.ts"));
const without = await start(await importWithoutLevel0<typeof introspected>("./introspected.ts"));

const pairs = 100;

/** The median of how many times as long it takes with level 0, in per cent more. */
async function overhead(what: (runtime: Runtime) => Promise<unknown>): Promise<number> {
  const ratios: number[] = [];
  for (let pair = 0; pair < pairs; pair += 1) {
    const order = pair % 2 === 0 ? [withLevel0, without] : [without, withLevel0];
    const took = new Map<Runtime, number>();
    for (const runtime of order) {
      const startedMs = performance.now();
      await what(runtime);
      took.set(runtime, performance.now() - startedMs);
    }
    ratios.push((took.get(withLevel0) as number) / (took.get(without) as number));
  }
  return ratios.toSorted((a, b) => a - b)[pairs / 2] as number;
}

const idleCount = 10_000;

/** Heap and buffers of an idle process. `looks`: its node has columns, because somebody has looked. */
async function bytesOf({ work }: Runtime, looks: boolean): Promise<number> {
  const node = await work.Node.start({ host: work.nodeHost() });
  // So that the flight recorder is full before: it is of the node.
  await work.endAll(node, await work.spawnAll(node, recordedMax / 2));
  const before = await bytes();
  const all = await work.spawnAll(node, idleCount);
  if (looks) node.kernel.columns.refresh();
  const after = await bytes();
  await work.endAll(node, all);
  await node.stop();
  return (after - before) / idleCount;
}

async function bytesMore(looks: boolean): Promise<number> {
  return (await bytesOf(withLevel0, looks)) - (await bytesOf(without, false));
}

async function bytes(): Promise<number> {
  const { gc } = globalThis;
  if (gc === undefined) throw new Error("start node with --expose-gc");
  for (let round = 0; round < 3; round += 1) {
    gc();
    await new Promise(setImmediate);
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

const times = (name: string, what: (runtime: Runtime) => Promise<unknown>, aim?: number): Question => ({
  name: `${name}, time with level 0 for one without`,
  unit: "times",
  subjects: { espalier: () => overhead(what) },
  ...(aim === undefined ? {} : { aim: { value: aim } }),
});

await benchmark(
  import.meta.url,
  "Introspection that is always on",
  [
    times("ping-pong", ({ node, work }) => work.pingPong(node, 2_000), 1.1),
    times("fan-in of 10", ({ node, work }) => work.fanIn(node, 10, 1_000), 1.1),
    times("calls", ({ node, work }) => work.calls(node, 1_500, "infinity"), 1.1),
    times("spawn and exit", ({ node, work }) => work.spawns(node, 1_000), 1.1),
    {
      name: "bytes of an idle process, more than without level 0",
      unit: "B",
      subjects: { espalier: () => bytesMore(false), "while somebody looks": () => bytesMore(true) },
      aim: { value: 128 },
    },
  ],
  { processes: 3, runs: 5, warmUpMs: 400 },
);
await withLevel0.node.stop();
await without.node.stop();

import { availableParallelism } from "node:os";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type Episode, episode, type EpisodeResult, play } from "./campaign.ts";
import type { Mutant } from "./mutant.ts";

export interface FuzzOptions {
  readonly seed: number;
  readonly count: number;
  /** How many sieges go on at once. */
  readonly jobs?: number;
}

/** What failed, to be played again: the siege, and what is left of its mutants. */
export interface Counterexample {
  readonly siege: Omit<Episode, "count">;
  readonly mutants: readonly Mutant[];
}

/** Mutants of one siege: long enough that what leaks adds up. */
const episodeCount = 5_000;

interface Done extends EpisodeResult {
  /** After a collection of garbage. */
  readonly heapBytes: number;
}

/**
 * Besieges nodes with `count` mutants, in sieges with seeds of their own, on all cores. What breaks a rule is made small and printed with the
 * command that plays it again. Fails also when the heap grows from siege to siege.
 *
 * @returns whether every rule held.
 */
export async function fuzzWire({ seed, count, jobs = availableParallelism() }: FuzzOptions): Promise<boolean> {
  const episodes: Episode[] = [];
  for (let done = 0; done < count; done += episodeCount) {
    episodes.push(episodeOf(seed + done / episodeCount, Math.min(episodeCount, count - done)));
  }
  const began = performance.now();
  const totals: Record<string, number> = {};
  let mutants = 0;
  let failures = 0;
  const work = async (): Promise<void> => {
    const heaps: number[] = [];
    const worker = new Worker(new URL(import.meta.url), { workerData: "wire" });
    try {
      for (let next = episodes.shift(); next !== undefined; next = episodes.shift()) {
        const { failure, tally, heapBytes, mutants: tried } = await ask(worker, next);
        mutants += tried;
        heaps.push(heapBytes);
        for (const [name, number] of Object.entries(tally)) totals[name] = (totals[name] ?? 0) + number;
        const perSecond = Math.round((mutants / (performance.now() - began)) * 1_000);
        console.log(
          `seed ${next.seed}: ${tried} mutants, ${Math.round(heapBytes / 2 ** 20)} MiB; ${mutants} in all, ${perSecond} a second`,
        );
        if (failure === null) continue;
        failures += 1;
        const { count: _, ...siege } = next;
        const example: Counterexample = { siege, mutants: failure.mutants };
        console.log(`${failure.reason}\nnpm run fuzz -- wire --replay '${JSON.stringify(example)}'\n`);
      }
    } finally {
      await worker.terminate();
    }
    const growth = heapGrowth(heaps);
    if (growth > growthBytesMax) {
      failures += 1;
      console.log(`the heap grows by ${Math.round(growth / 1_024)} KiB a siege: ${heaps.join(" ")}`);
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  console.log({ mutants, failures, seconds: Math.round((performance.now() - began) / 1_000), ...totals });
  return failures === 0;
}

/** Plays a counterexample again. @returns which rule does not hold, or null. */
export async function replayWire({ siege, mutants }: Counterexample): Promise<string | null> {
  return (await play(siege, mutants)).reason;
}

/** Every third stranger is trusted, every fourth was introduced, and every eighth siege has the real cryptography. */
export function episodeOf(seed: number, count: number): Episode {
  return {
    seed,
    count,
    trusted: seed % 3 === 0,
    introduced: seed % 4 === 2,
    crypto: seed % 8 === 5 ? "real" : "plain",
  };
}

/**
 * What a siege may leave behind in the program, of what the engine compiles and counts: a few KiB without mutants, less than 128 KiB with 5,000. A node that
 * stays would be 46 KiB by itself.
 */
const growthBytesMax = 2 ** 18;

/** By how many bytes the heap grows a siege, between the first half and the second; the first few load and compile. */
function heapGrowth(heaps: readonly number[]): number {
  const settled = heaps.slice(4);
  if (settled.length < 8) return 0;
  const half = settled.length >> 1;
  const least = (part: readonly number[]): number => Math.min(...part);
  return (least(settled.slice(half)) - least(settled.slice(0, half))) / half;
}

function ask(worker: Worker, siege: Episode): Promise<Done> {
  return new Promise((resolve, reject) => {
    const done = (result: Done): void => {
      worker.off("error", reject);
      resolve(result);
    };
    worker.once("message", done);
    worker.once("error", reject);
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- A port between threads has no origin.
    worker.postMessage(siege);
  });
}

if (!isMainThread && workerData === "wire") {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  parentPort?.on("message", (siege: Episode) => {
    void episode(siege).then((result) => {
      collect();
      const { heapUsed } = process.memoryUsage();
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- A port between threads has no origin.
      parentPort?.postMessage({ ...result, heapBytes: heapUsed } satisfies Done);
    });
  });
}

import { availableParallelism } from "node:os";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { campaign, type Tally } from "../fuzz/campaign.ts";

interface Chunk {
  readonly seed: number;
  readonly count: number;
  readonly size: number;
}

const chunkCount = 1000;

/**
 * Compares `count` random programs, in chunks with seeds of their own, on all cores. What differs is made small and printed with the command
 * that makes its chunk again. Without a size most chunks are of small programs, and every fourth of large ones.
 *
 * @returns whether nothing differed.
 */
export async function fuzzCode({ seed, count, size }: Chunk): Promise<boolean> {
  const chunks: Chunk[] = [];
  for (let done = 0; done < count; done += chunkCount) {
    const number = done / chunkCount;
    const own = size > 0 ? size : number % 4 === 3 ? 45 : 14;
    chunks.push({ seed: seed + number, count: Math.min(chunkCount, count - done), size: own });
  }
  const total = { programs: 0, moves: 0, stuck: 0, skipped: 0, differences: 0 };
  await Promise.all(Array.from({ length: availableParallelism() }, () => work(chunks, total)));
  console.log(total);
  return total.differences === 0;
}

if (!isMainThread) {
  const { seed, count, size } = workerData as Chunk;
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- A port between threads has no origin.
  parentPort?.postMessage(campaign(seed, count, size));
}

/** One core: takes chunks until there are none. */
async function work(chunks: Chunk[], total: Record<string, number>): Promise<void> {
  for (let chunk = chunks.shift(); chunk !== undefined; chunk = chunks.shift()) {
    const { seed, count, size } = chunk;
    const { programs, moves, stuck, skipped, differences } = await run(chunk);
    for (const difference of differences) {
      console.log(`npm run fuzz -- code --seed ${seed} --count ${count} --size ${size}\n${difference}\n`);
    }
    const found = {
      programs,
      moves,
      stuck,
      skipped: [...skipped.values()].reduce((a, b) => a + b, 0),
      differences: differences.length,
    };
    for (const [name, value] of Object.entries(found)) total[name] = (total[name] ?? 0) + value;
    console.log(`seed ${seed}, size ${size}: ${programs} programs, ${moves} moves; ${chunks.length} chunks to go`);
  }
}

function run(chunk: Chunk): Promise<Tally> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: chunk });
    worker.once("message", resolve);
    worker.once("error", reject);
  });
}

import { randomFillSync } from "node:crypto";
import type { Random } from "../host.ts";

/** Asking for many bytes at once is a hundred times cheaper than for few at a time. */
const poolBytes = 4096;
const pool = new Uint8Array(poolBytes);
let used = poolBytes;

export const nodeRandom: Random = {
  bytes(count) {
    if (count > poolBytes) return randomFillSync(new Uint8Array(count));
    if (used + count > poolBytes) {
      randomFillSync(pool);
      used = 0;
    }
    const bytes = pool.slice(used, used + count);
    // What has been given out is nobody else's to find in memory.
    pool.fill(0, used, used + count);
    used += count;
    return bytes;
  },
  unit: () => Math.random(),
};

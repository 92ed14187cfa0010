import type { Random } from "../host.ts";

/** More at once the browser refuses (Web Cryptography API §10.1.1). */
const chunkBytes = 65_536;

export const browserRandom: Random = {
  bytes(count) {
    const bytes = new Uint8Array(count);
    for (let start = 0; start < count; start += chunkBytes) {
      crypto.getRandomValues(bytes.subarray(start, start + chunkBytes));
    }
    return bytes;
  },
  unit: () => Math.random(),
};

import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import type { Crypto } from "@espalier/runtime";
import { nodeCrypto } from "@espalier/runtime/node";
import { portableCrypto } from "@espalier/runtime/portable";
import { benchmark, type Question } from "./harness.ts";

// Which library seals the frames of a session: node:crypto, whose cipher objects cost something to make, or noble, whose arithmetic costs
// more. The sizes go from a heartbeat to a full frame. Each subject opens what it sealed.

type Seals = Pick<Crypto, "seal" | "open">;

/** Without the key objects that ours keeps: what everybody writes first. */
const keyBytes: Seals = {
  seal(key, nonce, associated, plain) {
    const cipher = createCipheriv("chacha20-poly1305", key, nonce, { authTagLength: 16 });
    cipher.setAAD(associated, { plaintextLength: plain.length });
    const sealed = [cipher.update(plain), cipher.final(), cipher.getAuthTag()];
    return Buffer.concat(sealed);
  },
  open(key, nonce, associated, sealed) {
    const length = sealed.length - 16;
    const decipher = createDecipheriv("chacha20-poly1305", key, nonce, { authTagLength: 16 });
    decipher.setAAD(associated, { plaintextLength: length });
    decipher.setAuthTag(sealed.subarray(length));
    const plain = decipher.update(sealed.subarray(0, length));
    decipher.final();
    return plain;
  },
};

const key = Uint8Array.from(randomBytes(32));
const nonce = Uint8Array.from(randomBytes(12));
const associated = new Uint8Array(0);

function sealAndOpen(crypto: Seals, bytes: number, count: number): number {
  const plain = Uint8Array.from(randomBytes(bytes));
  const startedMs = performance.now();
  for (let frame = 0; frame < count; frame += 1) {
    const opened = crypto.open(key, nonce, associated, crypto.seal(key, nonce, associated, plain));
    if (opened?.length !== bytes) throw new Error(`expected ${bytes} bytes, got ${opened?.length}`);
  }
  return ((performance.now() - startedMs) * 1000) / count;
}

const questions = [64, 256, 1024, 4096, 65_536].map((bytes): Question => {
  const count = Math.max(100, Math.floor(20_000_000 / (bytes + 3_000)));
  return {
    name: `seal and open ${bytes} bytes`,
    unit: "µs",
    subjects: {
      "node:crypto": () => sealAndOpen(nodeCrypto, bytes, count),
      "node:crypto, key as bytes": () => sealAndOpen(keyBytes, bytes, count),
      noble: () => sealAndOpen(portableCrypto, bytes, count),
    },
  };
});

await benchmark(import.meta.url, "ChaCha20-Poly1305: node:crypto or noble", questions);

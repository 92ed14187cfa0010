import { createRequire } from "node:module";

/** Something that is not the same in two runs, by where it is kept. */
export interface Ambient {
  readonly holder: object;
  readonly key: string;
  /** As people write it. */
  readonly name: string;
  /** What to take in its place. */
  readonly instead: string;
  /** It is harmless with arguments, as `new Date(0)` is. */
  readonly onlyWithoutArguments?: boolean;
}

/** A caller that may, because nothing comes of it. */
export interface Harmless {
  /** What is called. */
  readonly name: string;
  /** The file that calls. */
  readonly caller: RegExp;
  /** How far down the stack: functions of its own library may be in between. */
  readonly depth: number;
}

export const harmless: readonly Harmless[] = [
  // Node's own modules know what they do.
  { name: "", caller: /^node:/, depth: 1 },
  // It notes when something was printed.
  { name: "", caller: /\/node_modules\/(vitest|@vitest\/[^/]+)\//, depth: 1 },
  // It reads the time for a limit of its rate that nobody sets.
  { name: "Date.now", caller: /\/node_modules\/p-queue\//, depth: 1 },
  // It hides how long a multiplication takes behind random numbers that cancel out.
  { name: "crypto.getRandomValues", caller: /\/@noble\/curves\/abstract\/curve\.js/, depth: 3 },
];

const clock = "take host.clock: monotonic(), wall(), after()";
const loop = "take host.loop.soon, or host.clock.after";
const random = "take host.random";
const network = "take host.network";
const disk = "take host.disk";
const crypto = "take host.crypto and host.random";
const alone = "there is one thread and one process in a simulated world; what runs elsewhere is not part of the run";
const garbage = "when something is collected differs between runs; end it explicitly";
const offThread = "its result comes from another thread at any time; take the synchronous one";

/** What belongs to the global scope. Looked up anew each time, because tests put other things there. */
export function globalAmbients(): readonly Ambient[] {
  const of = (holder: object, prefix: string, instead: string, ...keys: string[]): Ambient[] =>
    keys.map((key) => ({ holder, key, name: `${prefix}${key}`, instead }));
  return [
    ...of(Date, "Date.", clock, "now"),
    { holder: globalThis, key: "Date", name: "Date without arguments", instead: clock, onlyWithoutArguments: true },
    ...of(performance, "performance.", clock, "now"),
    ...of(process, "process.", clock, "hrtime", "uptime"),
    ...of(process.hrtime, "process.hrtime.", clock, "bigint"),
    ...of(Math, "Math.", random, "random"),
    ...of(globalThis, "", clock, "setTimeout", "setInterval"),
    ...of(globalThis, "", loop, "setImmediate"),
    ...of(AbortSignal, "AbortSignal.", clock, "timeout"),
    ...of(globalThis, "", network, "fetch", "WebSocket", "EventSource"),
    ...of(globalThis, "", garbage, "WeakRef", "FinalizationRegistry"),
  ].filter(({ holder, key }) => key in holder);
}

/** What belongs to Node's modules: their own functions by names that begin with a small letter, or those that are listed. */
const modules: readonly { readonly id: string; readonly instead: string; readonly keys?: readonly string[] }[] = [
  { id: "fs", instead: disk },
  { id: "fs/promises", instead: disk },
  { id: "net", instead: network, keys: ["connect", "createConnection", "createServer"] },
  { id: "tls", instead: network, keys: ["connect", "createServer"] },
  { id: "dgram", instead: network, keys: ["createSocket"] },
  { id: "dns", instead: network },
  { id: "dns/promises", instead: network },
  { id: "http", instead: network, keys: ["get", "request", "createServer"] },
  { id: "https", instead: network, keys: ["get", "request", "createServer"] },
  { id: "http2", instead: network, keys: ["connect", "createServer", "createSecureServer"] },
  { id: "child_process", instead: alone },
  { id: "worker_threads", instead: alone, keys: ["Worker"] },
  { id: "timers", instead: clock, keys: ["setTimeout", "setInterval", "setImmediate"] },
  { id: "timers/promises", instead: clock, keys: ["setTimeout", "setInterval", "setImmediate"] },
  {
    id: "zlib",
    instead: offThread,
    keys: ["deflate", "deflateRaw", "gzip", "inflate", "inflateRaw", "gunzip", "unzip"].concat(
      ["brotliCompress", "brotliDecompress", "zstdCompress", "zstdDecompress"],
      ["createDeflate", "createDeflateRaw", "createGzip", "createInflate", "createInflateRaw", "createGunzip"],
      ["createUnzip", "createBrotliCompress", "createBrotliDecompress", "createZstdCompress", "createZstdDecompress"],
    ),
  },
  {
    id: "crypto",
    instead: crypto,
    keys: ["randomBytes", "randomFill", "randomFillSync", "randomInt", "randomUUID", "getRandomValues"].concat(
      ["pseudoRandomBytes", "prng", "rng", "generateKey", "generateKeySync", "generateKeyPair", "generateKeyPairSync"],
      ["generatePrime", "generatePrimeSync", "checkPrime", "pbkdf2", "scrypt", "hkdf"],
    ),
  },
];

/** What belongs to Node's modules. */
export function moduleAmbients(): readonly Ambient[] {
  // As CommonJS: what importers of a built-in module see is a copy of that.
  const require = createRequire(import.meta.url);
  const own = modules.flatMap(({ id, instead, keys }) => {
    const exports = require(`node:${id}`) as Record<string, unknown>;
    const chosen = keys ?? Object.keys(exports).filter((key) => /^[a-z]/.test(key));
    return chosen
      .filter((key) => typeof Object.getOwnPropertyDescriptor(exports, key)?.value === "function")
      .map((key): Ambient => ({ holder: exports, key, name: `node:${id} ${key}`, instead }));
  });
  return [...own, ...webCrypto()];
}

/** `crypto` itself has nothing of its own: its methods, and those of `crypto.subtle`, are their prototypes'. */
function webCrypto(): readonly Ambient[] {
  const { crypto: web } = globalThis;
  const methods = (holder: object, prefix: string): Ambient[] =>
    Object.getOwnPropertyNames(holder)
      .filter((key) => key !== "constructor")
      .filter((key) => typeof Object.getOwnPropertyDescriptor(holder, key)?.value === "function")
      .map((key) => ({ holder, key, name: `${prefix}${key}`, instead: crypto }));
  return [
    ...methods(Object.getPrototypeOf(web) as object, "crypto."),
    ...methods(Object.getPrototypeOf(web.subtle) as object, "crypto.subtle."),
  ];
}

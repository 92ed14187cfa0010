import "../provide.ts";
import { remote } from "@espalier/code";
import { Process, type Remote } from "@espalier/runtime";
import type { Launch, Limits, SandboxLimit } from "../../src/index.ts";
import { RealPlace } from "./place.ts";

export interface Hog {
  readonly limit: SandboxLimit;
  readonly computation: () => unknown;
}

/** What comes of a computation that takes too much, in a sandbox of its own. */
export async function stopped(launch: (limits: Limits) => Launch, { limit, computation }: Hog): Promise<unknown> {
  const cpu = limit === "cpu" ? "200ms" : "60s";
  await using place = await RealPlace.start(launch, { memory: "32MB", cpu, share: 1 });
  return await place.run(place.stranger(computation)() as Remote<unknown>).catch((problem: unknown) => problem);
}

/** Those of `all` that each run of the tests tries: starting a sandbox for each of them takes long. */
export function sample(all: Readonly<Record<string, Hog>>, ...names: readonly string[]): Readonly<Record<string, Hog>> {
  return Object.fromEntries(names.map((name) => [name, all[name] as Hog]));
}

/** Code that takes what it is not given, and what it hears. */
export const hogs: Readonly<Record<string, Hog>> = {
  "a loop without end": {
    limit: "cpu",
    computation: remote(function* () {
      yield* Process.sleep(0);
      for (;;);
    }),
  },
  "a regular expression that tracks back": {
    limit: "cpu",
    computation: remote(function* () {
      yield* Process.sleep(0);
      return /^(a+)+$/.test(`${"a".repeat(60)}b`);
    }),
  },
  "a big integer that grows": {
    limit: "cpu",
    computation: remote(function* () {
      yield* Process.sleep(0);
      let n = 3n;
      for (;;) n = BigInt.asUintN(4_000_000, n * n + 1n);
    }),
  },
  "promises without end": {
    limit: "cpu",
    computation: remote(function* () {
      const again = (): unknown => Promise.resolve().then(again);
      again();
      yield* Process.sleep(0);
      return 1;
    }),
  },
  "objects on the heap": {
    limit: "memory",
    computation: remote(function* () {
      yield* Process.sleep(0);
      const kept: unknown[] = [];
      for (;;) kept.push({ a: {}, b: [kept.length] });
    }),
  },
};

/** Code that a worker cannot stop: the engine ends the whole process when memory runs out in the middle of one of its own functions. */
export const fatal: Readonly<Record<string, Hog>> = {
  "texts that grow": {
    limit: "memory",
    computation: remote(function* () {
      yield* Process.sleep(0);
      const kept: string[] = [];
      for (;;) kept.push(JSON.stringify("x".repeat(4_000_000 + kept.length)));
    }),
  },
  "a buffer of what claims to be long": {
    limit: "memory",
    computation: remote(function* () {
      yield* Process.sleep(0);
      return new Uint8Array({ length: 2 ** 30 } as never).length;
    }),
  },
};

/** Code that gets an error instead of what it asks for, and goes on. */
export const bombs: Readonly<Record<string, { readonly message: RegExp; readonly computation: () => unknown }>> = {
  "a recursion without end": {
    message: /call stack/,
    computation: remote(function* () {
      yield* Process.sleep(0);
      const deeper = (n: number): number => deeper(n + 1) + 1;
      return deeper(0);
    }),
  },
  "a large buffer": {
    message: /sandbox\.buffers/,
    computation: remote(function* () {
      yield* Process.sleep(0);
      return new Uint8Array(100_000_000).length;
    }),
  },
  "many small buffers": {
    message: /sandbox\.buffers/,
    computation: remote(function* () {
      yield* Process.sleep(0);
      const kept: unknown[] = [];
      for (let n = 0; n < 10_000; n++) kept.push(new ArrayBuffer(10_000));
      return kept.length;
    }),
  },
  "a species that makes something larger": {
    message: /sandbox\.buffers|species|TypeError|derived|length/,
    computation: remote(function* () {
      yield* Process.sleep(0);
      const kept: unknown[] = [];
      const bytes = new Uint8Array(1_000);
      const made = {
        constructor: {
          [Symbol.species]: function (n: number) {
            return new Uint8Array(n + 100_000);
          },
        },
      };
      Object.defineProperty(bytes, "constructor", { value: made.constructor });
      for (let n = 0; n < 1_000; n++)
        kept.push(
          bytes.slice(),
          bytes.map((byte) => byte),
          bytes.subarray(0),
        );
      return kept.length;
    }),
  },
  "copies of a buffer by a species of its own": {
    message: /sandbox\.buffers/,
    computation: remote(function* () {
      yield* Process.sleep(0);
      const kept: unknown[] = [];
      const bytes = new Uint8Array(100_000);
      Object.defineProperty(bytes, "constructor", { value: undefined });
      for (let n = 0; n < 1_000; n++) kept.push(bytes.slice(), bytes.toReversed(), bytes.buffer.slice(0));
      return kept.length;
    }),
  },
};

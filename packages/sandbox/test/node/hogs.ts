import "../provide.ts";
import { remote } from "@espalier/code";
import { Process } from "@espalier/runtime";
import type { SandboxLimit } from "../../src/index.ts";

export interface Hog {
  readonly limit: SandboxLimit;
  readonly computation: () => unknown;
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

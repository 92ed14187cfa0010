import "../provide.ts";
import { remote } from "@espalier/code";
import { Process } from "@espalier/runtime";

interface Odd {
  /** What the caller in the node gets: a value, or an error with a message. */
  readonly gets: { readonly value: unknown } | { readonly error: RegExp };
  readonly computation: () => unknown;
}

/** Computations that give what is no plain value: the node calls nothing of it. */
export const oddValues: Readonly<Record<string, Odd>> = {
  "a proxy": {
    gets: { error: /asked/ },
    computation: remote(function* () {
      yield* Process.sleep(0);
      return new Proxy(
        {},
        {
          get() {
            throw new Error("looked at");
          },
          getPrototypeOf() {
            throw new Error("asked");
          },
        },
      );
    }),
  },
  "a getter": {
    gets: { error: /getter/ },
    computation: remote(function* () {
      yield* Process.sleep(0);
      return {
        get x() {
          return 1;
        },
      };
    }),
  },
  "a thenable": {
    gets: { error: /then|function/ },
    computation: remote(function* () {
      yield* Process.sleep(0);
      // oxlint-disable-next-line unicorn/no-thenable -- That is what it is about.
      return { then: (resolve: (value: string) => void) => resolve("stolen") };
    }),
  },
  "a promise": {
    gets: { error: /Promise/ },
    computation: remote(function* () {
      yield* Process.sleep(0);
      return Promise.resolve(1);
    }),
  },
  "an async function": {
    gets: { error: /cannot travel/ },
    computation: remote(function* () {
      yield* Process.sleep(0);
      return { f: Object.getPrototypeOf(async () => {}) as unknown, g: async () => 1 };
    }),
  },
  "a symbol": {
    gets: { error: /symbol/ },
    computation: remote(function* () {
      yield* Process.sleep(0);
      return Symbol.for("x");
    }),
  },
  "an object with a name of its prototype": {
    gets: { value: [] },
    computation: remote(function* () {
      yield* Process.sleep(0);
      const value = JSON.parse('{"__proto__": {"stolen": 1}}') as { stolen?: number };
      return ["stolen" in {}, value.stolen === undefined].filter(Boolean).slice(1);
    }),
  },
  "an error whose message is a trap": {
    gets: { error: /stays in its sandbox|trap|error/i },
    computation: remote(function* () {
      yield* Process.sleep(0);
      const error = new Error("x");
      Object.defineProperty(error, "message", {
        get() {
          throw new TypeError("trap");
        },
      });
      throw error;
    }),
  },
  "what comes after many microtasks": {
    gets: { value: 50_000 },
    computation: remote(function* () {
      const seen = { n: 0 };
      const again = (): void => {
        seen.n += 1;
        if (seen.n < 50_000) void Promise.resolve().then(again);
      };
      again();
      yield* Process.sleep(10);
      return seen.n;
    }),
  },
};

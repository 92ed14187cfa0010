import "../provide.ts";
import { fn, remote } from "@espalier/code";
import { Process } from "@espalier/runtime";

/** Code that reaches for what a sandbox withholds: each gives a text that says what it got hold of, "nothing" when it got none of it. */
export const escapes: Readonly<Record<string, () => string>> = {
  "the Function constructor": () => String((() => 0).constructor("return typeof process + typeof require")()),
  "the constructor of an object": () => String({}.constructor.constructor("return typeof process")()),
  "the constructor of generators": () =>
    String((function* () {}.constructor("return typeof process")() as Generator).next().value),
  "the constructor of async functions": () => String((async () => {}).constructor("return typeof process")),
  "the constructor of what the runtime made": () =>
    String((Process.send as Function).constructor("return typeof process")()),
  "the constructor of an operation": () =>
    String(
      (Process.parent() as object as { constructor: Function }).constructor.constructor("return typeof process")(),
    ),
  "the constructor of an error of the engine": () => {
    try {
      return String((null as unknown as { x: unknown }).x);
    } catch (error) {
      return String((error as Error).constructor.constructor("return typeof process")());
    }
  },
  "an error's structured stack": () => {
    const { prepareStackTrace } = Error as { prepareStackTrace?: unknown };
    (Error as { prepareStackTrace?: unknown }).prepareStackTrace = (_error: unknown, sites: unknown) => sites;
    const { stack } = new Error("x");
    (Error as { prepareStackTrace?: unknown }).prepareStackTrace = prepareStackTrace;
    return Array.isArray(stack) ? String((stack as { getThis?(): unknown }[])[0]?.getThis?.()) : "nothing";
  },
  "a caller": () => {
    const f = function (this: unknown): unknown {
      return (f as { caller?: unknown }).caller;
    };
    return f() == null ? "nothing" : "a caller";
  },
  "the global object by this": () => {
    const loose = Reflect.apply(
      function (this: unknown) {
        return this;
      },
      undefined,
      [],
    );
    return loose === undefined ? "nothing" : "a global object";
  },
  "changing what all arrays inherit": () => {
    (Array.prototype as { stolen?: number }).stolen = 1;
    return "changed";
  },
  "changing what all objects inherit": () => {
    (Object.prototype as { stolen?: number }).stolen = 1;
    return "changed";
  },
  "changing what all promises inherit": () => {
    Reflect.defineProperty(Promise.prototype, "stolen", { value: 1 });
    if (!("stolen" in Promise.prototype)) throw new TypeError("refused");
    return "changed";
  },
  "changing the runtime": () => {
    (Process as { send: unknown }).send = () => null;
    return "changed";
  },
  "changing what the runtime's functions inherit": () => {
    (Process.send as unknown as { stolen: number }).stolen = 1;
    return "changed";
  },
  "the clock": () => String(Date.now()),
  "the date": () => String(new Date().getTime()),
  chance: () => String(Math.random()),
};

/** What may come of a try: that nothing was got, or that it threw. */
export const harmless: RegExp = /^(?:nothing|undefined|undefinedundefined|threw: [^]*)$/;

const attempt = fn((escape: () => string): string => {
  try {
    return escape();
  } catch (error) {
    return `threw: ${error instanceof Error ? error.message : String(error)}`;
  }
});

/** A computation that makes the try. */
export function trying(escape: () => string): () => unknown {
  const escaped = fn({ Process }, escape);
  return remote({ attempt, escaped }, function* () {
    yield* Process.sleep(0);
    return attempt(escaped);
  });
}

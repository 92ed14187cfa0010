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
  "the constructor of async generators": () =>
    String(Object.getPrototypeOf(async function* () {}).constructor.constructor("return typeof process")()),
  "the prototype that all generators share": () => {
    const shared = Object.getPrototypeOf(Object.getPrototypeOf(function* () {}.prototype as object)) as {
      next: unknown;
    };
    shared.next = () => ({ done: true, value: "changed" });
    return "changed";
  },
  "changing what all errors inherit": () => {
    const shared = Error.prototype;
    Object.defineProperty(shared, "message", { get: () => "changed" });
    return "changed";
  },
  "changing what operations inherit": () => {
    const shared = Object.getPrototypeOf(Object.getPrototypeOf(Process.parent())) as { stolen: number };
    shared.stolen = 1;
    return "changed";
  },
  "changing how objects compare": () => {
    Reflect.set(Map.prototype, "stolen", 1);
    const shared = Map.prototype;
    Object.defineProperty(shared, "get", { value: () => "changed" });
    return "changed";
  },
  "another prototype for the runtime": () => {
    Object.setPrototypeOf(Process, { stolen: 1 });
    return "changed";
  },
  "a setter on what all objects inherit": () => {
    const shared = Object.prototype;
    Object.defineProperty(shared, "stolen", { set() {} });
    return "changed";
  },
  "anything that is not frozen, from what everybody has": () => {
    const loose: string[] = [];
    const seen = new Set<unknown>([undefined, null]);
    const waiting: [string, unknown][] = [
      ["Process", Process],
      ["an operation", Object.getPrototypeOf(Process.parent())],
      ["function", (() => 0).constructor],
      ["generator", Object.getPrototypeOf(function* () {})],
      ["async generator", Object.getPrototypeOf(async function* () {})],
      ["async function", Object.getPrototypeOf(async () => {})],
      ...[Object, Array, String, Number, Symbol, Promise, Proxy, Reflect, JSON, Math, RegExp, Date, Map, Set].map(
        (value): [string, unknown] => [typeof value === "function" ? value.name : "a namespace", value],
      ),
      ...[WeakMap, Error, TypeError, ArrayBuffer, Uint8Array, DataView, BigInt, Boolean].map(
        (value): [string, unknown] => [value.name, value],
      ),
    ];
    for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) {
      const [path, value] = one;
      if ((typeof value !== "object" && typeof value !== "function") || seen.has(value)) continue;
      seen.add(value);
      if (!Object.isFrozen(value)) loose.push(path);
      waiting.push([`${path}.__proto__`, Object.getPrototypeOf(value)]);
      for (const key of Reflect.ownKeys(value as object)) {
        const property = Object.getOwnPropertyDescriptor(value, key);
        waiting.push([`${path}.${String(key)}`, property?.value], [`${path}.${String(key)}()`, property?.get]);
      }
    }
    return loose.length === 0 ? "nothing" : loose.slice(0, 20).join(", ");
  },
  "paths of the machine in a stack": () => {
    const found: string[] = [];
    const look = (text: unknown): void => {
      if (/(?:file:|node:|[/\\](?:packages|node_modules|src|dist|home|usr|work)[/\\])/.test(String(text))) {
        found.push(String(text));
      }
    };
    look(new Error("x").stack);
    const target: { stack?: unknown } = {};
    (Error as { captureStackTrace?: (target: object) => void }).captureStackTrace?.(target);
    look(target.stack);
    try {
      (Process.send as unknown as () => void)();
    } catch (error) {
      look((error as Error).stack);
      look((error as Error).message);
    }
    try {
      JSON.parse("{");
    } catch (error) {
      look((error as Error).stack);
    }
    for (const f of [Process.send, Process.spawn, Object, Date, Uint8Array]) look(f);
    return found.length === 0 ? "nothing" : found.join("\n");
  },
  "what others matched": () => {
    /secret/.exec("a secret");
    const { $1, $_, lastMatch, input } = RegExp as unknown as Record<string, unknown>;
    const found = [$1, $_, lastMatch, input].filter((one) => one !== undefined);
    return found.length === 0 ? "nothing" : found.map(String).join();
  },
  "the locale": () => {
    const texts = [(1_234.5).toLocaleString(), new Date(0).toLocaleDateString?.() ?? "", "i".toLocaleUpperCase()];
    return texts.join() === `1234.5,${new Date(0).toDateString()},I` || /Invalid/.test(texts.join())
      ? "nothing"
      : texts.join();
  },
  "names of properties that are hidden": () =>
    Reflect.ownKeys(Process.parent()).every((key) => typeof key === "string") ? "nothing" : "symbols",
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

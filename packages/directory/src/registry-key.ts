import { describe } from "@espalier/heartbeat";
import { Pid, Ref } from "@espalier/runtime";

/**
 * What something can be registered under: a primitive, a {@link Pid}, a {@link Ref}, or an array or a plain object of such values. Keys are
 * compared strictly (R-1034): `1`, `"1"` and `1n` are three keys, `-0` and `0` are one, NaN is one. Arrays and objects are compared by what is in
 * them, as tuples are, so `["room", 7]` is a key that can be written anywhere.
 */
export type RegistryKey =
  | string
  | number
  | bigint
  | boolean
  | null
  | undefined
  | symbol
  | Pid<any>
  | Ref
  | readonly RegistryKey[]
  | { readonly [field: string]: RegistryKey };

/** A map by keys as they are compared. */
export class KeyMap<V> {
  readonly #primitives = new Map<unknown, V>();
  readonly #composed = new Map<string, V>();

  get(key: RegistryKey): V | undefined {
    return isPrimitive(key) ? this.#primitives.get(key) : this.#composed.get(encode(key));
  }

  set(key: RegistryKey, value: V): void {
    if (isPrimitive(key)) this.#primitives.set(key, value);
    else this.#composed.set(encode(key), value);
  }

  delete(key: RegistryKey): void {
    if (isPrimitive(key)) this.#primitives.delete(key);
    else this.#composed.delete(encode(key));
  }

  *values(): Generator<V, void, undefined> {
    yield* this.#primitives.values();
    yield* this.#composed.values();
  }
}

/** @throws TypeError naming what cannot be part of a key. */
export function checkKey(key: RegistryKey): void {
  if (!isPrimitive(key)) encode(key);
}

function isPrimitive(key: unknown): boolean {
  return (typeof key !== "object" || key === null) && typeof key !== "function";
}

/** The same text for the same key, and for no other. */
function encode(key: unknown): string {
  switch (typeof key) {
    case "string":
      return JSON.stringify(key);
    case "bigint":
      return `${key}n`;
    case "number":
      // A template makes "0" of -0 as well.
      return `${key}`;
    case "boolean":
    case "undefined":
      return `${key}`;
    case "object":
      if (key === null) return "null";
      if (key instanceof Pid) return `pid(${key.key})`;
      if (key instanceof Ref) return `ref(${key.key})`;
      if (Array.isArray(key)) return `[${key.map(encode).join(",")}]`;
      if (isPlain(key)) {
        const fields = Object.keys(key).toSorted();
        return `{${fields.map((field) => `${JSON.stringify(field)}:${encode(key[field])}`).join(",")}}`;
      }
      break;
    case "symbol":
    case "function":
      break;
  }
  throw new TypeError(
    `key: expected a primitive, a Pid, a Ref, or an array or a plain object of these, got ${describe(key)}`,
  );
}

function isPlain(value: object): value is Readonly<Record<string, unknown>> {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

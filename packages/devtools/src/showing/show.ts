import { classNameOf, Pid, Ref } from "@espalier/runtime";
import type { ShownEntry, ShownValue } from "../protocol/value.ts";
import { hiddenWords, hides } from "./redaction.ts";

/** How much is shown of a value. */
export interface ShowLimits {
  /** How many levels of objects: 6 unless given. */
  readonly depth?: number;
  /** Entries of each object or array: 50 unless given. */
  readonly entries?: number;
  /** Characters of each text: 1,000 unless given. */
  readonly characters?: number;
  /** Characters of all texts and keys together, a value counting as 8 besides: 16,384 unless given. */
  readonly total?: number;
  /** Words of keys whose values are hidden: those that speak of passwords, tokens and keys unless given. */
  readonly hidden?: readonly string[];
}

/**
 * A value of the program, as data of a bounded size, for people.
 *
 * - No getter, `toString` or `toJSON` of the value is called, and nothing it does can make this throw. What remains are the traps `getPrototypeOf`,
 *   `ownKeys` and `getOwnPropertyDescriptor` of a Proxy, which no program can tell from an object: they run, and what they throw is contained.
 * - The value of a key that speaks of a secret is hidden: see {@link ShowLimits.hidden}. A private field (`#state`) is not seen by anybody.
 * - All keys of an object are listed by the engine at once, however many there are; of arrays, maps and sets only as many as are shown are
 *   looked at.
 *
 * ```ts
 * import { show } from "@espalier/devtools";
 *
 * show({ user: "ada", password: "1815" });
 * // => { type: "object", class: null, entries: [["user", { type: "string", text: "ada" }], ["password", { type: "hidden" }]], more: 0 }
 * ```
 */
export function show(value: unknown, limits: ShowLimits = {}): ShownValue {
  return new Showing(limits).value(value, 0);
}

/** What a value costs besides its text. */
const valueCost = 8;

/** Beyond this many bits a bigint is not written out: that takes time. */
const bigintBits = 256;

const { getOwnPropertyDescriptor, getPrototypeOf } = Object;
const typedArray = getPrototypeOf(Uint8Array.prototype) as object;
const lengthOf = intrinsic<number>(typedArray, "length");
const tagOf = intrinsic<string | undefined>(typedArray, Symbol.toStringTag);
const mapSize = intrinsic<number>(Map.prototype, "size");
const setSize = intrinsic<number>(Set.prototype, "size");
const bytesOf = intrinsic<number>(ArrayBuffer.prototype, "byteLength");
const sourceOf = intrinsic<string>(RegExp.prototype, "source");
/* oxlint-disable unbound-method -- They are called on values that may have others of that name. */
const mapEntries = Map.prototype.entries;
const setValues = Set.prototype.values;
/* oxlint-disable no-restricted-globals -- The class, not the clock. */
const DateClass = Date;
const timeOf = Date.prototype.getTime;
const isoOf = Date.prototype.toISOString;
/* oxlint-enable unbound-method, no-restricted-globals */

class Showing {
  readonly #depth: number;
  readonly #entries: number;
  readonly #characters: number;
  readonly #hidden: ReadonlySet<string>;
  /** What is left. */
  #total: number;
  /** The objects that the one in hand is in. */
  readonly #around: Set<object> = new Set();

  constructor({ depth = 6, entries = 50, characters = 1_000, total = 16_384, hidden = hiddenWords }: ShowLimits) {
    this.#depth = depth;
    this.#entries = entries;
    this.#characters = characters;
    this.#total = total;
    this.#hidden = new Set(hidden);
  }

  value(value: unknown, depth: number): ShownValue {
    this.#total -= valueCost;
    switch (typeof value) {
      case "string":
        return this.#string(value);
      case "number":
        return { type: "plain", text: Object.is(value, -0) ? "-0" : String(value) };
      case "bigint": {
        const isShort = BigInt.asIntN(bigintBits, value) === value;
        return isShort ? { type: "plain", text: `${value}n` } : { type: "cut", what: "a large bigint" };
      }
      case "undefined":
      case "boolean":
      case "symbol":
        return { type: "plain", text: this.#text(String(value)) };
      case "function":
        return { type: "function", name: this.#text(functionName(value)) };
      case "object":
        return value === null ? { type: "plain", text: "null" } : this.#object(value, depth);
    }
  }

  #string(value: string): ShownValue {
    const text = this.#text(value);
    return text.length === value.length ? { type: "string", text } : { type: "string", text, length: value.length };
  }

  /** As much of a text as may be shown. */
  #text(text: string): string {
    const short = text.slice(0, Math.max(0, Math.min(this.#characters, this.#total)));
    this.#total -= short.length;
    return short;
  }

  #object(value: object, depth: number): ShownValue {
    if (this.#around.has(value)) return { type: "cut", what: "circular" };
    this.#around.add(value);
    try {
      return this.#special(value) ?? this.#composite(value, depth);
    } catch {
      // A trap of a Proxy threw, or it is revoked: that it is one is all that can be said.
      return { type: "cut", what: "an object that cannot be read" };
    } finally {
      this.#around.delete(value);
    }
  }

  /** What is one thing, though it is an object; null: it is not. */
  #special(value: object): ShownValue | null {
    if (value instanceof Pid) return { type: "plain", text: this.#text(value.toString()), pid: this.#text(value.key) };
    if (value instanceof Ref) return { type: "plain", text: this.#text(value.toString()) };
    if (value instanceof DateClass) {
      const text = Number.isNaN(timeOf.call(value)) ? "an invalid date" : isoOf.call(value);
      return { type: "plain", text: this.#text(text) };
    }
    if (value instanceof RegExp) return { type: "plain", text: this.#text(`/${sourceOf(value)}/`) };
    if (value instanceof ArrayBuffer) return { type: "cut", what: `ArrayBuffer of ${bytesOf(value)} bytes` };
    return null;
  }

  #composite(value: object, depth: number): ShownValue {
    const isArray = Array.isArray(value);
    const named = classNameOf(value);
    const className = named === null || (isArray && named === "Array") ? null : this.#text(named);
    if (depth >= this.#depth || this.#total <= 0)
      return { type: "cut", what: className ?? (isArray ? "array" : "object") };
    if (isArray) return this.#array(value.length, (index) => getOwnPropertyDescriptor(value, index), className, depth);
    if (value instanceof Map) return this.#map(value, className, depth);
    if (value instanceof Set) return this.#set(value, className, depth);
    if (ArrayBuffer.isView(value) && tagOf(value) !== undefined) {
      const items = value as unknown as readonly unknown[];
      return this.#array(lengthOf(value), (index) => ({ value: items[index] }), className, depth);
    }
    return this.#plain(value, className, depth);
  }

  #array(
    length: number,
    at: (index: number) => PropertyDescriptor | undefined,
    className: string | null,
    depth: number,
  ): ShownValue {
    const items: ShownValue[] = [];
    while (items.length < length && this.#room(items)) items.push(this.#property(at(items.length), depth));
    return { type: "array", class: className, items, more: length - items.length };
  }

  #set(value: Set<unknown>, className: string | null, depth: number): ShownValue {
    const items: ShownValue[] = [];
    const values = setValues.call(value);
    while (this.#room(items)) {
      const next = values.next();
      if (next.done === true) break;
      items.push(this.value(next.value, depth + 1));
    }
    return { type: "array", class: className, items, more: setSize(value) - items.length };
  }

  #map(value: Map<unknown, unknown>, className: string | null, depth: number): ShownValue {
    const entries: ShownEntry[] = [];
    const all = mapEntries.call(value);
    while (this.#room(entries)) {
      const next = all.next();
      if (next.done === true) break;
      const [key, item] = next.value;
      const text = this.#text(keyText(key));
      const hidden = typeof key === "string" && hides(key, this.#hidden);
      entries.push([text, hidden ? { type: "hidden" } : this.value(item, depth + 1)]);
    }
    return { type: "object", class: className, entries, more: mapSize(value) - entries.length };
  }

  #plain(value: object, className: string | null, depth: number): ShownValue {
    const entries: ShownEntry[] = [];
    const keys = Reflect.ownKeys(value);
    const isError = value instanceof Error;
    let seen = 0;
    for (; seen < keys.length && this.#room(entries); seen += 1) {
      const key = keys[seen] as string | symbol;
      // The text of a stack is composed when it is read, by code that the program can replace.
      if (isError && key === "stack") continue;
      const property = getOwnPropertyDescriptor(value, key);
      if (
        property === undefined ||
        (property.enumerable !== true && !(isError && (key === "message" || key === "cause")))
      )
        continue;
      const text = this.#text(typeof key === "string" ? key : `[${String(key)}]`);
      entries.push([text, hides(String(key), this.#hidden) ? { type: "hidden" } : this.#property(property, depth)]);
    }
    return { type: "object", class: className, entries, more: keys.length - seen };
  }

  #property(property: PropertyDescriptor | undefined, depth: number): ShownValue {
    if (property === undefined) return { type: "cut", what: "empty" };
    if (property.get !== undefined || property.set !== undefined) {
      this.#total -= valueCost;
      return { type: "cut", what: "getter" };
    }
    return this.value(property.value, depth + 1);
  }

  /** Whether one more may be shown beside these. */
  #room(shown: readonly unknown[]): boolean {
    return shown.length < this.#entries && this.#total > 0;
  }
}

function functionName(value: Function): string {
  try {
    const name: unknown = getOwnPropertyDescriptor(value, "name")?.value;
    return typeof name === "string" ? name : "";
  } catch {
    // A Proxy's trap threw.
    return "";
  }
}

/** What an entry of a map is called. */
function keyText(key: unknown): string {
  if (typeof key === "string") return key;
  if (typeof key === "function") return `function ${functionName(key)}`;
  if (typeof key !== "object" || key === null) return typeof key === "bigint" ? "bigint" : String(key);
  try {
    if (key instanceof Pid || key instanceof Ref) return key.toString();
    return classNameOf(key) ?? (Array.isArray(key) ? "array" : "object");
  } catch {
    // As above.
    return "object";
  }
}

/** The getter of a class of the language, for a value that may have a property of the same name. */
function intrinsic<A>(of: object, key: string | symbol): (value: object) => A {
  // oxlint-disable-next-line unbound-method -- It is called on values.
  const get = getOwnPropertyDescriptor(of, key)?.get as (this: object) => A;
  return (value) => get.call(value);
}

import { isStackGetter } from "@espalier/heartbeat";
import { NotMovableError, type Hash, type Limits, type TravellingClass } from "@espalier/runtime";
import { takeApart, type Instance } from "./instance.ts";
import type { ForeignKinds } from "./kinds.ts";

/** A value that another package owns, as data. */
export interface Foreign {
  readonly name: string;
  readonly data: unknown;
}

/** One step from the value down to the part in question: a property, an index, or into what has neither. */
type Step = string | number | { readonly into: string } | { readonly mapKey: unknown };

const none: ReadonlySet<Hash> = new Set();
const byteOrderMark = 0xfeff;
/** So many objects are looked through one by one: most values have fewer, and a set costs more to make. */
const fewMax = 8;
/** Tags and the table of shared objects need a few levels of what the receiver allows. */
const levelsReserved = 4;

/**
 * One walk over a value before it is encoded: it finds what cannot travel, and what plain CBOR would lose. A value of plain data, by
 * far the most frequent, is encoded as it is after this, without a copy.
 */
export class Survey {
  /** Whether there is anything that needs more than plain CBOR. */
  special = false;
  // Made when there is something to put in: most values are small and plain.
  #shared: Set<object> | null = null;
  #foreign: Map<object, Foreign> | null = null;
  #instances: Map<object, Instance> | null = null;
  #sparse: Set<object> | null = null;
  #hashes: Set<Hash> | null = null;
  #foreignOpen: Set<object> | null = null;
  readonly #kinds: ForeignKinds;
  readonly #limits: Limits;
  readonly #describe: () => string;
  /** The objects that were met first, and all once they are many. */
  readonly #few: object[] = [];
  #seen: Set<object> | null = null;
  readonly #path: Step[] = [];
  #items = 0;

  /** @throws NotMovableError that begins with `describe()` and the path to what cannot travel. */
  constructor(value: unknown, kinds: ForeignKinds, limits: Limits, describe: () => string) {
    this.#kinds = kinds;
    this.#limits = limits;
    this.#describe = describe;
    this.#walk(value);
  }

  /** The definitions that the receiver needs to decode the value. */
  get hashes(): ReadonlySet<Hash> {
    return this.#hashes ?? none;
  }

  /** Whether `value` occurs more than once, or contains itself. */
  isShared(value: object): boolean {
    return this.#shared?.has(value) ?? false;
  }

  /** What `value` is as data, if another package owns its kind. */
  foreignOf(value: object): Foreign | undefined {
    return this.#foreign?.get(value);
  }

  /** What `value` is made of, if its class travels. */
  instanceOf(value: object): Instance | undefined {
    return this.#instances?.get(value);
  }

  /** Whether the array `value` has holes. */
  isSparse(value: object): boolean {
    return this.#sparse?.has(value) ?? false;
  }

  #walk(value: unknown): void {
    if (++this.#items > this.#limits.itemsTotal)
      this.#refuse(`it has more than ${this.#limits.itemsTotal} parts (limits.itemsTotal)`);
    switch (typeof value) {
      case "string":
        if (!isPlainText(value)) this.special = true;
        return;
      case "number":
        if (value === 0 && 1 / value < 0) this.special = true;
        return;
      case "bigint":
        if (!isPlainBigint(value)) this.special = true;
        return;
      case "symbol":
        return this.#refuse("it is a symbol");
      case "function":
        return this.#walkFunction(value);
      case "object":
        if (value !== null) this.#walkObject(value);
        return;
      case "boolean":
      case "undefined":
    }
  }

  #walkFunction(value: Function): void {
    const standIn = this.#kinds.standIn(value);
    const travels = standIn === undefined ? null : this.#kinds.of(Object.getPrototypeOf(standIn) as object);
    if (standIn === undefined || travels === null) {
      const name = value.name === "" ? "a function" : `the function ${value.name}`;
      return this.#refuse(`it is ${name}; only functions declared with fn or remote travel`);
    }
    if (this.#meet(value)) this.#walkForeign(value, travels.name, travels.encode(standIn), travels.hashes?.(standIn));
  }

  #walkObject(value: object): void {
    if (!this.#meet(value)) return;
    const prototype = Object.getPrototypeOf(value) as object | null;
    if (prototype === Object.prototype || prototype === null) {
      if (prototype === null) this.special = true;
      return this.#walkProperties(value as Record<string, unknown>);
    }
    if (prototype === Array.prototype) return this.#walkArray(value as unknown[]);
    const travels = this.#kinds.of(prototype);
    if (travels !== null) {
      return this.#walkForeign(value, travels.name, travels.encode(value), travels.hashes?.(value));
    }
    const type = this.#kinds.classOf(prototype);
    if (type !== null) return this.#walkInstance(value, type);
    if (prototype === Map.prototype) return this.#walkMap(value as Map<unknown, unknown>);
    if (prototype === Set.prototype) return this.#walkSet(value as Set<unknown>);
    if (ArrayBuffer.isView(value)) return this.#checkView(value);
    // eslint-disable-next-line no-restricted-globals -- the class of a value, not a clock
    if (prototype === Date.prototype || prototype === RegExp.prototype || prototype === ArrayBuffer.prototype) {
      if (isDetached(value)) this.#refuse("it is an ArrayBuffer that was transferred away");
      if (prototype === RegExp.prototype) this.#walkPattern(value as RegExp);
      this.special = true;
      return;
    }
    if (value instanceof Error) return this.#walkError(value);
    const { constructor } = value;
    const name = typeof constructor === "function" && constructor.name !== "" ? constructor.name : "an unnamed class";
    this.#refuse(`it is an instance of ${name}${remedies.get(name) ?? (isAuthored(constructor) ? undeclared : "")}`);
  }

  /** @returns whether `value` is met for the first time. */
  #meet(value: object): boolean {
    if (this.#isNew(value)) return true;
    if (this.#foreignOpen?.has(value) === true)
      this.#refuse("it contains itself, which only arrays, objects, maps, sets and errors can");
    (this.#shared ??= new Set()).add(value);
    this.special = true;
    return false;
  }

  #isNew(value: object): boolean {
    if (this.#seen === null) {
      if (this.#few.includes(value)) return false;
      if (this.#few.push(value) > fewMax) this.#seen = new Set(this.#few);
      return true;
    }
    if (this.#seen.has(value)) return false;
    this.#seen.add(value);
    return true;
  }

  #walkArray(value: readonly unknown[]): void {
    this.#checkLength(value.length);
    for (let i = 0; i < value.length; i++) {
      const element = value[i];
      if (element === undefined && !Object.hasOwn(value, i)) {
        (this.#sparse ??= new Set()).add(value);
        this.special = true;
      }
      this.#descend(i, element);
    }
  }

  #walkProperties(value: Record<string, unknown>): void {
    const keys = Object.keys(value);
    this.#checkLength(keys.length);
    for (const key of keys) {
      if (!isPlainKey(key)) this.special = true;
      const property = Object.getOwnPropertyDescriptor(value, key);
      if (property?.get === undefined && property?.set === undefined) this.#descend(key, property?.value);
      else if (isStackGetter(property)) this.#descend(key, value[key]);
      else this.#refuseGetter(key);
    }
    for (const symbol of Object.getOwnPropertySymbols(value)) {
      if (Object.prototype.propertyIsEnumerable.call(value, symbol)) {
        this.#refuse(`it has a property whose key is a symbol, ${String(symbol)}`);
      }
    }
  }

  #walkInstance(value: object, type: TravellingClass): void {
    const instance = takeApart(value, type, (why) => this.#refuse(why));
    this.special = true;
    (this.#instances ??= new Map()).set(value, instance);
    (this.#hashes ??= new Set()).add(instance.hash);
    const { contents, hidden, fields } = instance;
    this.#checkLength(fields.length);
    this.#walkFields(fields);
    // These are in lists of their own on the wire.
    this.#path.push({ into: "" });
    this.#walkFields(hidden ?? []);
    this.#checkLength(contents?.length ?? 0);
    contents?.forEach((part, index) => this.#descend(type.base === Array ? index : { into: "a member" }, part));
    this.#path.pop();
  }

  #walkFields(fields: readonly unknown[]): void {
    for (let i = 0; i < fields.length; i += 2) this.#descend(fields[i] as string, fields[i + 1]);
  }

  #walkPattern({ lastIndex }: { readonly lastIndex: unknown }): void {
    if (typeof lastIndex !== "number") this.#refuse("it is a regular expression whose lastIndex is no number");
  }

  #walkMap(value: ReadonlyMap<unknown, unknown>): void {
    this.#checkLength(value.size);
    for (const [key, element] of value) {
      this.#descend({ into: "a key" }, key);
      this.#descend({ mapKey: key }, element);
    }
  }

  #walkSet(value: ReadonlySet<unknown>): void {
    this.#checkLength(value.size);
    for (const element of value) this.#descend({ into: "a member" }, element);
  }

  #walkError(value: Error): void {
    this.special = true;
    if (Object.hasOwn(value, "cause")) this.#descend("cause", value.cause);
    if (value instanceof AggregateError) this.#descend("errors", value.errors);
  }

  #walkForeign(value: object, name: string, data: unknown, hashes: Iterable<Hash> | undefined): void {
    this.special = true;
    (this.#foreign ??= new Map()).set(value, { name, data });
    for (const hash of hashes ?? []) (this.#hashes ??= new Set()).add(hash);
    this.#foreignOpen ??= new Set();
    this.#foreignOpen.add(value);
    this.#descend({ into: name }, data);
    this.#foreignOpen.delete(value);
  }

  #checkView(value: ArrayBufferView): void {
    // Also a subclass, as Node's Buffer is one: it arrives as the class that the platform defines.
    const name = (value as { readonly [Symbol.toStringTag]?: string })[Symbol.toStringTag] ?? "DataView";
    if (!views.has(name)) this.#refuse(`it is an instance of ${name}${remedies.get(name) ?? ""}`);
    const { buffer } = value;
    if (!(buffer instanceof ArrayBuffer))
      this.#refuse(`it is a ${name} on memory that is shared with other threads; copy it, with slice()`);
    if (isDetached(buffer)) this.#refuse(`it is a ${name} on an ArrayBuffer that was transferred away`);
  }

  #checkLength(length: number): void {
    const { collectionLength } = this.#limits;
    if (length > collectionLength)
      this.#refuse(`it has ${length} elements; the limit is ${collectionLength} (limits.collectionLength)`);
  }

  #descend(step: Step, value: unknown): void {
    // Most values are leaves: no bookkeeping for those that cannot fail.
    if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return this.#walk(value);
    this.#path.push(step);
    if (this.#path.length > this.#limits.depth - levelsReserved) {
      this.#refuse(`it is nested deeper than ${this.#limits.depth - levelsReserved}`);
    }
    this.#walk(value);
    this.#path.pop();
  }

  #refuseGetter(key: string): never {
    this.#path.push(key);
    this.#refuse("it is computed by a getter, which is not called; send what it gives");
  }

  #refuse(why: string): never {
    throw new NotMovableError(`${this.#describe()}${this.#path.map(renderStep).join("")} cannot travel: ${why}`);
  }
}

/** Whether plain CBOR keeps `key`. Lowering writes any other as a value. */
export function isPlainKey(key: string): boolean {
  return key !== "__proto__" && isPlainText(key);
}

/** Whether UTF-8 keeps `text`: a lone surrogate has no code there, and a decoder takes a byte order mark for none of the text. */
export function isPlainText(text: string): boolean {
  return text.isWellFormed() && text.charCodeAt(0) !== byteOrderMark;
}

const twoTo64 = 2n ** 64n;

/** Whether it has a CBOR integer of its own. cbor-x reads longer ones in time quadratic in their length. */
export function isPlainBigint(value: bigint): boolean {
  return value < twoTo64 && value > -twoTo64;
}

/** The views that CBOR has a tag for (RFC 8746), and plain bytes. */
const views: ReadonlySet<string> = new Set([
  "Uint8Array",
  "Uint8ClampedArray",
  "Uint16Array",
  "Uint32Array",
  "BigUint64Array",
  "Int8Array",
  "Int16Array",
  "Int32Array",
  "BigInt64Array",
  "Float32Array",
  "Float64Array",
]);

const remedies: ReadonlyMap<string, string> = new Map([
  ["Promise", "; await it first, and send what it gives"],
  ["Generator", "; declare what it runs with remote"],
  ["AbortSignal", "; take one where it is used"],
  ["WeakMap", "; its keys mean something only here"],
  ["WeakSet", "; its members mean something only here"],
  ["Number", "; send the number itself"],
  ["String", "; send the text itself"],
  ["Boolean", "; send the boolean itself"],
  ["URL", "; send its href"],
  ["SharedArrayBuffer", "; its memory is shared with threads of this program only"],
  ["DataView", "; send a Uint8Array"],
  ["WeakRef", "; what it refers to means something only here"],
]);

const undeclared = ", whose class does not travel; declare the class as a dependency or define it with fn";

/** Whether somebody wrote the class as one, and the platform does not provide it. */
function isAuthored(constructor: unknown): boolean {
  return (
    typeof constructor === "function" &&
    Function.prototype.toString.call(constructor).startsWith("class") &&
    Object.getOwnPropertyDescriptor(globalThis, constructor.name)?.value !== constructor
  );
}

function isDetached(value: object): boolean {
  return (value as { readonly detached?: boolean }).detached === true;
}

function renderStep(step: Step): string {
  if (typeof step === "number") return `[${step}]`;
  if (typeof step === "string") {
    return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
  }
  if ("into" in step) return step.into === "" ? "" : `<${step.into}>`;
  const { mapKey } = step;
  if (typeof mapKey === "string") return `.get(${JSON.stringify(mapKey)})`;
  return typeof mapKey === "number" ? `.get(${mapKey})` : ".get(…)";
}

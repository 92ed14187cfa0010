import type { Hash, TravellingClass } from "@espalier/runtime";

/** What an instance of a class that travels is made of. Keys and values alternate in `hidden` and `fields`. */
export interface Instance extends Parts {
  readonly hash: Hash;
}

export interface Parts {
  /** Entries of a Map, one after the other, members of a Set, elements of an Array; null for any other. */
  readonly contents: readonly unknown[] | null;
  /** Own properties that are not enumerable, such as the message of an error; null when there are none. */
  readonly hidden: readonly unknown[] | null;
  readonly fields: readonly unknown[];
}

type Refuse = (why: string) => never;

/** Names that say what an object is, and hold nothing of it. */
const notFields: ReadonlySet<string> = new Set(["__proto__", "constructor"]);

/** The parts of an instance: nothing of its class is called. */
export function takeApart(value: object, type: TravellingClass, refuse: Refuse): Instance {
  const { hash, name, base, problem } = type;
  if (problem !== null) refuse(`it is an instance of ${name}, ${problem}`);
  const contents = contentsOf(value, type, refuse);
  const hidden: unknown[] = [];
  const fields: unknown[] = [];
  for (const key of Reflect.ownKeys(value)) {
    if (typeof key === "symbol")
      refuse(`it is an instance of ${name}, with a field whose key is a symbol, ${String(key)}`);
    if (base === Array && (key === "length" || isIndex(key))) continue;
    if (notFields.has(key)) refuse(`it is an instance of ${name}, with a field called ${key}`);
    const property = Object.getOwnPropertyDescriptor(value, key) as PropertyDescriptor;
    const isStack = key === "stack" && value instanceof Error;
    if (!("value" in property) && !isStack)
      refuse(`it is an instance of ${name}, whose field ${key} is computed by a getter, which is not called`);
    // Where the engine computes the stack, that is not the author's getter.
    const held: unknown = isStack ? String(value.stack) : property.value;
    (property.enumerable === true ? fields : hidden).push(key, held);
  }
  return { hash, contents, hidden: hidden.length === 0 ? null : hidden, fields };
}

function contentsOf(value: object, { name, base }: TravellingClass, refuse: Refuse): readonly unknown[] | null {
  try {
    if (base === Map) return [...Map.prototype.entries.call(value)].flat(1);
    if (base === Set) return [...Set.prototype.values.call(value)];
  } catch {
    return refuse(`it has the prototype of ${name}, and was not made by its constructor`);
  }
  if (base !== Array) return null;
  if (!Array.isArray(value)) return refuse(`it has the prototype of ${name}, and was not made by its constructor`);
  return Array.from(value, (element: unknown, index) =>
    Object.hasOwn(value, index) ? element : refuse(`it is an instance of ${name} with a hole at index ${index}`),
  );
}

/** An instance without its parts, so that a cycle finds it. No constructor of an author runs. */
export function emptyInstance({ type, base, name }: TravellingClass): object {
  const instance = Reflect.construct(base, base === AggregateError ? [[]] : [], type) as object;
  // The stack here would show the decoder at work.
  if (instance instanceof Error) setField(instance, "stack", `${name}\n    at another node`, false);
  return instance;
}

/** Gives an instance its parts, which come from a peer. */
export function fillInstance(value: object, base: Function, { contents, hidden, fields }: Parts, fail: Refuse): void {
  fillContents(value, base, contents, fail);
  for (const [list, enumerable] of [
    [hidden ?? [], false],
    [fields, true],
  ] as const) {
    if (list.length % 2 !== 0) fail("an instance with a field that has no value");
    for (let i = 0; i < list.length; i += 2) {
      const [key, held] = [list[i], list[i + 1]];
      if (typeof key !== "string" || notFields.has(key) || (base === Array && (key === "length" || isIndex(key))))
        fail("an instance with a field that is none");
      if (value instanceof Error) checkErrorField(key, held, fail);
      setField(value, key, held, enumerable);
    }
  }
}

function fillContents(value: object, base: Function, contents: readonly unknown[] | null, fail: Refuse): void {
  const isCollection = base === Map || base === Set || base === Array;
  if (isCollection !== (contents !== null)) fail("an instance whose parts do not fit its class");
  if (contents === null) return;
  if (base === Map) {
    if (contents.length % 2 !== 0) fail("an instance of a Map with a key that has no value");
    for (let i = 0; i < contents.length; i += 2) Map.prototype.set.call(value, contents[i], contents[i + 1]);
  } else if (base === Set) {
    for (const member of contents) Set.prototype.add.call(value, member);
  } else {
    contents.forEach((element, index) => setField(value, String(index), element, true));
  }
}

function checkErrorField(key: string, held: unknown, fail: Refuse): void {
  if ((key === "message" || key === "stack") && typeof held !== "string") fail(`an error whose ${key} is no text`);
}

/** Makes a property: an assignment could call a setter, and one to `__proto__` would change the prototype. */
export function setField(value: object, key: string, held: unknown, enumerable: boolean): void {
  Object.defineProperty(value, key, { value: held, writable: true, enumerable, configurable: true });
}

function isIndex(key: string): boolean {
  const index = Number(key);
  return Number.isInteger(index) && index >= 0 && index < 2 ** 32 - 1 && String(index) === key;
}

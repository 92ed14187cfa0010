import type { Limits, TravellingClass } from "@espalier/runtime";
import { Tag } from "cbor-x/index-no-eval";
import { CodecError } from "../errors.ts";
import { emptyInstance, fillInstance, setField } from "./instance.ts";
import { errorClasses, kind, type ForeignKinds } from "./kinds.ts";

/**
 * Decoded data with its tags replaced by what they stand for, in place. The data comes from a peer: everything is checked, nothing
 * is called but the `decode` of known kinds of value.
 *
 * @throws CodecError, or what such a `decode` throws.
 */
export function raise(data: unknown, kinds: ForeignKinds, limits: Limits): unknown {
  return new Raising(kinds, limits).root(data);
}

/** An element of the table that can only be made when its own data is there. */
const pending = Symbol("pending");

class Raising {
  readonly #kinds: ForeignKinds;
  readonly #limits: Limits;
  #table: readonly unknown[] = [];
  /** The elements of the table as values: filled or still to be filled, or {@link pending}. */
  #values: unknown[] = [];
  readonly #open = new Set<number>();
  #sparseTotal = 0;

  constructor(kinds: ForeignKinds, limits: Limits) {
    this.#kinds = kinds;
    this.#limits = limits;
  }

  root(data: unknown): unknown {
    if (!(data instanceof Tag) || contentOf(data)[0] !== kind.graph) return this.#raise(data);
    const [, root, ...table] = contentOf(data);
    this.#table = table;
    // First all that can be there before its parts are, so that a cycle finds it; then the parts. No recursion along references.
    this.#values = table.map((element) => this.#shell(element));
    table.forEach((element, index) => {
      const value = this.#values[index];
      if (value === pending) this.#resolve(index);
      else this.#fill(element, value);
    });
    return this.#raise(root);
  }

  #raise(data: unknown): unknown {
    if (typeof data !== "object" || data === null) return data;
    if (data instanceof Tag && contentOf(data)[0] === kind.reference) return this.#reference(contentOf(data)[1]);
    const value = this.#shell(data);
    if (value === pending) return this.#foreign(data as Tag);
    this.#fill(data, value);
    return value;
  }

  #reference(index: unknown): unknown {
    if (typeof index !== "number" || !(index in this.#values)) fail("a reference to something that is not there");
    const value = this.#values[index];
    return value === pending ? this.#resolve(index) : value;
  }

  #resolve(index: number): unknown {
    if (this.#open.has(index)) fail("a value that contains itself before it exists");
    if (this.#open.size >= this.#limits.depth) fail(`values inside each other deeper than ${this.#limits.depth}`);
    this.#open.add(index);
    const value = this.#foreign(this.#table[index] as Tag);
    this.#open.delete(index);
    this.#values[index] = value;
    return value;
  }

  #foreign(data: Tag): unknown {
    const [name, inner] = contentOf(data);
    const travels = this.#kinds.named(name as string);
    if (travels === undefined) fail(`a value of the kind ${JSON.stringify(name)}, which is not known here`);
    return travels.decode(this.#raise(inner));
  }

  /** The value without its parts. Data that is no tag is its own value: its parts are replaced in place. */
  #shell(data: unknown): unknown {
    if (!(data instanceof Tag)) return data;
    const content = contentOf(data);
    if (typeof content[0] === "string") {
      if (content.length !== 2) fail(`a value of the kind ${JSON.stringify(content[0])} without its data`);
      return pending;
    }
    switch (content[0]) {
      case kind.negativeZero:
        return -0;
      case kind.text:
        return fromUtf16(bytesAt(content, 1));
      case kind.bigint:
        return fromMagnitude(content[1] === true, bytesAt(content, 2));
      case kind.date:
        // eslint-disable-next-line no-restricted-globals -- a value from data, not a clock
        return new Date(typeof content[1] === "number" ? content[1] : fail("a date that is no number"));
      case kind.regExp:
        return toRegExp(
          this.#textOf(content[1], "regular expression"),
          this.#textOf(content[2], "flag"),
          content[3] ?? 0,
        );
      case kind.arrayBuffer:
        return bytesAt(content, 1).slice().buffer;
      case kind.object:
        return content[1] === true ? Object.create(null) : {};
      case kind.error:
        return this.#errorShell(content);
      case kind.instance:
        return emptyInstance(this.#classNamed(content[1]));
      case kind.sparse:
        return this.#sparseShell(content);
      default:
        return fail("one of our tags around something that it is not for");
    }
  }

  #fill(data: unknown, value: unknown): void {
    if (data instanceof Tag) {
      const content = contentOf(data);
      if (content[0] === kind.object) this.#fillObject(content, value as object);
      else if (content[0] === kind.error) this.#fillError(content, value as Error);
      else if (content[0] === kind.instance) this.#fillInstance(content, value as object);
      else if (content[0] === kind.sparse) this.#fillSparse(content, value as unknown[]);
    } else if (Array.isArray(data)) {
      for (let i = 0; i < data.length; i++) data[i] = this.#raise(data[i]);
    } else if (data instanceof Map) {
      const entries = [...(data as Map<unknown, unknown>)];
      data.clear();
      for (const [key, element] of entries) data.set(this.#raise(key), this.#raise(element));
    } else if (data instanceof Set) {
      const elements = [...(data as Set<unknown>)];
      data.clear();
      for (const element of elements) data.add(this.#raise(element));
    } else if (typeof data === "object" && data !== null && !ArrayBuffer.isView(data)) {
      const object = data as Record<string, unknown>;
      for (const key of Object.keys(object)) object[key] = this.#raise(object[key]);
    }
  }

  #fillObject(content: readonly unknown[], value: object): void {
    if (content.length % 2 !== 0) fail("an object with a key that has no value");
    for (let i = 2; i < content.length; i += 2) {
      const key = this.#raise(content[i]);
      if (typeof key !== "string") fail("an object with a key that is no text");
      setField(value, key, this.#raise(content[i + 1]), true);
    }
  }

  #classNamed(hash: unknown): TravellingClass {
    if (typeof hash !== "string") fail("an instance of a class without a hash");
    const type = this.#kinds.classNamed(hash);
    if (type === null) fail("an instance of a class, which no class here is known for");
    if (type.problem !== null) fail(`an instance of ${type.name}, ${type.problem}`);
    return type;
  }

  #fillInstance(content: readonly unknown[], value: object): void {
    const [, hash, contents, hidden, ...fields] = content;
    const list = (parts: unknown): readonly unknown[] | null => {
      if (parts === null) return null;
      return Array.isArray(parts)
        ? parts.map((part) => this.#raise(part))
        : fail("an instance whose parts are no list");
    };
    const { base } = this.#classNamed(hash);
    fillInstance(value, base, { contents: list(contents), hidden: list(hidden), fields: list(fields) ?? [] }, fail);
  }

  #sparseShell(content: readonly unknown[]): unknown[] {
    const length = content[1];
    if (typeof length !== "number" || !Number.isInteger(length) || length < 0 || length > this.#limits.collectionLength)
      fail("an array with holes whose length is none");
    // Holes take memory, and no bytes: as many as there could have been items.
    this.#sparseTotal += length;
    if (this.#sparseTotal > this.#limits.itemsTotal)
      fail(`arrays with holes longer than ${this.#limits.itemsTotal} together`);
    const array: unknown[] = [];
    array.length = length;
    return array;
  }

  #fillSparse(content: readonly unknown[], array: unknown[]): void {
    if (content.length % 2 !== 0) fail("an array with holes, and an index that has no element");
    for (let i = 2; i < content.length; i += 2) {
      const index = content[i];
      if (typeof index !== "number" || !Number.isInteger(index) || index < 0 || index >= array.length)
        fail("an array with holes, and an element outside of it");
      array[index] = this.#raise(content[i + 1]);
    }
  }

  #errorShell(content: readonly unknown[]): Error {
    const [, className, name, message] = content;
    const text = this.#textOf(message, "message of an error");
    const type = typeof className === "string" ? errorClasses.get(className) : undefined;
    if (type === undefined && className !== "AggregateError") fail("an error of a class that is not known here");
    const error = type === undefined ? new AggregateError([], text) : new type(text);
    const ownName = this.#textOf(name, "name of an error");
    if (error.name !== ownName) define(error, "name", ownName);
    // The stack here would show the decoder at work.
    define(error, "stack", `${ownName}: ${text}\n    at another node`);
    return error;
  }

  #fillError(content: readonly unknown[], error: Error): void {
    const [, , , , code, hasCause, cause, errors] = content;
    if (code !== null && code !== undefined) {
      const value = this.#raise(code);
      if (typeof value !== "string" && typeof value !== "number") fail("an error whose code is no text or number");
      Object.assign(error, { code: value });
    }
    if (hasCause === true) define(error, "cause", this.#raise(cause));
    if (error instanceof AggregateError) {
      const parts = this.#raise(errors);
      if (!Array.isArray(parts)) fail("an AggregateError without its errors");
      define(error, "errors", parts);
    }
  }

  /** Texts in our own tags may need a tag themselves. */
  #textOf(data: unknown, what: string): string {
    const text = this.#raise(data);
    return typeof text === "string" ? text : fail(`a ${what} that is no text`);
  }
}

function fail(what: string): never {
  throw new CodecError(`malformed data: ${what}`);
}

function contentOf(tag: Tag): readonly unknown[] {
  // The gate lets our tag through around arrays only.
  return tag.value as readonly unknown[];
}

function bytesAt(content: readonly unknown[], index: number): Uint8Array {
  const bytes = content[index];
  return bytes instanceof Uint8Array ? bytes : fail("one of our tags without its bytes");
}

function define(error: Error, key: string, value: unknown): void {
  Object.defineProperty(error, key, { value, writable: true, enumerable: false, configurable: true });
}

function fromUtf16(bytes: Uint8Array): string {
  if (bytes.length % 2 !== 0) fail("a text of half a character");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let text = "";
  for (let i = 0; i < bytes.length; i += 2) text += String.fromCharCode(view.getUint16(i, true));
  return text;
}

function fromMagnitude(negative: boolean, bytes: Uint8Array): bigint {
  // From hexadecimal digits in one go: adding up byte by byte would take time in the square of their number.
  const value = BigInt(`0x0${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`);
  return negative ? -value : value;
}

function toRegExp(source: string, flags: string, lastIndex: unknown): RegExp {
  if (typeof lastIndex !== "number") return fail("a regular expression whose lastIndex is no number");
  try {
    const pattern = new RegExp(source, flags);
    pattern.lastIndex = lastIndex;
    return pattern;
  } catch (error) {
    return fail(`a regular expression that is none (${String(error)})`);
  }
}

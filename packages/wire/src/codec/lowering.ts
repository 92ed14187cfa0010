import { Tag } from "cbor-x/index-no-eval";
import { tags } from "./gate.ts";
import type { Instance } from "./instance.ts";
import { errorClasses, kind } from "./kinds.ts";
import { isPlainBigint, isPlainKey, isPlainText, type Survey } from "./survey.ts";

/** A copy of a surveyed value in which everything that plain CBOR would lose is in one of our tags. */
export function lower(value: unknown, survey: Survey): unknown {
  return new Lowering(survey).root(value);
}

class Lowering {
  readonly #survey: Survey;
  readonly #table: unknown[] = [];
  #indices: Map<object, number> | null = null;

  constructor(survey: Survey) {
    this.#survey = survey;
  }

  root(value: unknown): unknown {
    const root = this.#lower(value);
    return this.#table.length === 0 ? root : tagged([kind.graph, root].concat(this.#table));
  }

  #lower(value: unknown): unknown {
    switch (typeof value) {
      case "string":
        return isPlainText(value) ? value : tagged([kind.text, utf16(value)]);
      case "number":
        return Object.is(value, -0) ? tagged([kind.negativeZero]) : value;
      case "bigint":
        return isPlainBigint(value) ? value : tagged([kind.bigint, value < 0n, magnitude(value)]);
      case "object":
        if (value === null) return null;
        break;
      case "function":
        break;
      default:
        return value;
    }
    if (!this.#survey.isShared(value)) return this.#content(value);
    this.#indices ??= new Map();
    let index = this.#indices.get(value);
    if (index === undefined) {
      index = this.#table.length;
      this.#indices.set(value, index);
      this.#table.push(null);
      this.#table[index] = this.#content(value);
    }
    return tagged([kind.reference, index]);
  }

  #content(value: object): unknown {
    const foreign = this.#survey.foreignOf(value);
    if (foreign !== undefined) return tagged([foreign.name, this.#lower(foreign.data)]);
    const instance = this.#survey.instanceOf(value);
    if (instance !== undefined) return this.#instance(instance);
    if (Array.isArray(value)) return this.#array(value);
    if (value instanceof Map) {
      return new Map(Array.from(value, ([key, element]) => [this.#lower(key), this.#lower(element)]));
    }
    if (value instanceof Set) return new Set(Array.from(value, (element) => this.#lower(element)));
    // eslint-disable-next-line no-restricted-globals -- the class of a value, not a clock
    if (value instanceof Date) return tagged([kind.date, value.getTime()]);
    if (value instanceof RegExp) {
      const { source, flags, lastIndex } = value;
      const content = [kind.regExp, this.#lower(source), flags];
      return tagged(lastIndex === 0 ? content : [...content, lastIndex]);
    }
    if (value instanceof ArrayBuffer) return tagged([kind.arrayBuffer, new Uint8Array(value)]);
    if (value instanceof Error) return this.#error(value);
    return ArrayBuffer.isView(value) ? value : this.#object(value as Record<string, unknown>);
  }

  #array(value: readonly unknown[]): unknown {
    if (this.#survey.isSparse(value)) return this.#sparse(value);
    const copy: unknown[] = [];
    for (let index = 0; index < value.length; index += 1) copy.push(this.#lower(value[index]));
    return copy;
  }

  #sparse(value: readonly unknown[]): unknown {
    const content: unknown[] = [kind.sparse, value.length];
    for (let index = 0; index < value.length; index += 1) {
      if (Object.hasOwn(value, index)) content.push(index, this.#lower(value[index]));
    }
    return tagged(content);
  }

  #instance({ hash, contents, hidden, fields }: Instance): unknown {
    const list = (parts: readonly unknown[] | null) => parts?.map((part) => this.#lower(part)) ?? null;
    return tagged([kind.instance, hash, list(contents), list(hidden), ...fields.map((part) => this.#lower(part))]);
  }

  #object(value: Record<string, unknown>): unknown {
    const keys = Object.keys(value);
    const withoutPrototype = Object.getPrototypeOf(value) === null;
    if (withoutPrototype || !keys.every(isPlainKey)) {
      const content: unknown[] = [kind.object, withoutPrototype];
      for (const key of keys) content.push(this.#lower(key), this.#lower(value[key]));
      return tagged(content);
    }
    const copy: Record<string, unknown> = {};
    for (const key of keys) copy[key] = this.#lower(value[key]);
    return copy;
  }

  #error(error: Error): unknown {
    // Somebody's subclass may have anything there.
    const { name, message, code } = error as {
      readonly name: unknown;
      readonly message: unknown;
      readonly code?: unknown;
    };
    const hasCause = Object.hasOwn(error, "cause");
    return tagged([
      kind.error,
      nearestClass(error),
      this.#lower(String(name)),
      this.#lower(String(message)),
      typeof code === "string" || typeof code === "number" ? this.#lower(code) : null,
      hasCause,
      hasCause ? this.#lower(error.cause) : null,
      error instanceof AggregateError ? this.#lower(error.errors) : null,
    ]);
  }
}

/** @param content begins with a `kind`, or the name of a kind. */
function tagged(content: readonly unknown[]): Tag {
  return new Tag(content, tags.espalier);
}

function nearestClass(error: Error): string {
  if (error instanceof AggregateError) return "AggregateError";
  let prototype = Object.getPrototypeOf(error) as { readonly constructor?: { readonly name?: unknown } } | null;
  for (; prototype !== null; prototype = Object.getPrototypeOf(prototype) as typeof prototype) {
    const name = prototype.constructor?.name;
    if (typeof name === "string" && errorClasses.get(name)?.prototype === prototype) return name;
  }
  return "Error";
}

function utf16(text: string): Uint8Array {
  const bytes = new Uint8Array(2 * text.length);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < text.length; i++) view.setUint16(2 * i, text.charCodeAt(i), true);
  return bytes;
}

function magnitude(value: bigint): Uint8Array {
  const digits = (value < 0n ? -value : value).toString(16);
  const even = digits.length % 2 === 0 ? digits : `0${digits}`;
  return Uint8Array.from({ length: even.length / 2 }, (_, i) => Number.parseInt(even.slice(2 * i, 2 * i + 2), 16));
}

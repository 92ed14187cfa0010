import { NotMovableError, type TravellingFunctions, type Travels } from "@espalier/runtime";

/** A small stand-in for the codec: copies a graph of values as the wire would, identity and cycles included. */
export class Copy {
  readonly #encoders: readonly Travels[];
  readonly #decoders: ReadonlyMap<string, Travels>;
  readonly #functions: TravellingFunctions;
  readonly #copies = new Map<object, unknown>();
  /** The definitions that the values need. */
  readonly hashes = new Set<string>();

  constructor(from: readonly Travels[], to: readonly Travels[], functions: TravellingFunctions) {
    this.#encoders = from;
    this.#decoders = new Map(to.map((travels) => [travels.name, travels]));
    this.#functions = functions;
  }

  /** The copy, and nothing decoded: what a sender does before it sends. */
  check(value: unknown, describe: () => string): void {
    new Copy(this.#encoders, [], this.#functions).#walk(value, describe, true, this.hashes);
  }

  copy(value: unknown): unknown {
    return this.#walk(value, () => "the value", false, this.hashes);
  }

  #walk(value: unknown, describe: () => string, checking: boolean, hashes: Set<string>): unknown {
    const walk = (part: unknown): unknown => this.#walk(part, describe, checking, hashes);
    if (typeof value === "function") {
      const standIn = this.#functions.standIn(value);
      if (standIn === undefined) throw new NotMovableError(`${describe()} cannot travel: it is a function`);
      return this.#foreign(value, standIn, walk, checking, hashes);
    }
    if (typeof value === "symbol") throw new NotMovableError(`${describe()} cannot travel: it is a symbol`);
    if (typeof value !== "object" || value === null) return value;
    if (this.#copies.has(value)) return this.#copies.get(value);
    const keep = <T>(copy: T): T => {
      this.#copies.set(value, copy);
      return copy;
    };
    if (Array.isArray(value)) {
      const copy: unknown[] = keep([]);
      copy.length = value.length;
      for (const index of value.keys()) if (index in value) copy[index] = walk(value[index]);
      return copy;
    }
    if (value instanceof Map) {
      const copy = keep(new Map<unknown, unknown>());
      for (const [key, entry] of value) copy.set(walk(key), walk(entry));
      return copy;
    }
    if (value instanceof Set) {
      const copy = keep(new Set<unknown>());
      for (const member of value) copy.add(walk(member));
      return copy;
    }
    if (
      value instanceof Error ||
      value instanceof RegExp ||
      ArrayBuffer.isView(value) ||
      Object.prototype.toString.call(value) === "[object Date]"
    ) {
      return keep(structuredClone(value));
    }
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype === Object.prototype || prototype === null) {
      if (Object.getOwnPropertySymbols(value).length > 0)
        throw new NotMovableError(`${describe()} cannot travel: it has a property whose key is a symbol`);
      const copy: Record<string, unknown> = keep({});
      for (const [key, entry] of Object.entries(value)) copy[key] = walk(entry);
      return copy;
    }
    return this.#foreign(value, value, walk, checking, hashes, describe);
  }

  #foreign(
    original: object,
    value: object,
    walk: (part: unknown) => unknown,
    checking: boolean,
    hashes: Set<string>,
    describe = () => "the value",
  ): unknown {
    const known = this.#copies.get(original);
    if (known !== undefined) return known;
    const travels = this.#encoders.find(({ type }) => Object.getPrototypeOf(value) === type.prototype);
    if (travels === undefined)
      throw new NotMovableError(`${describe()} cannot travel: it is an instance of ${value.constructor.name}`);
    for (const hash of travels.hashes?.(value) ?? []) hashes.add(hash);
    this.#copies.set(original, original);
    const data = walk(travels.encode(value));
    const copy: unknown = checking ? original : this.#decoders.get(travels.name)?.decode(data);
    this.#copies.set(original, copy);
    return copy;
  }
}

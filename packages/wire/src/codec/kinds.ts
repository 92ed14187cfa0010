import type { TravellingClass, TravellingFunctions, TravellingInstances, Travels } from "@espalier/runtime";

/**
 * What the elements of our tag (`gate.ts`) stand for: the first one is a number of this table, or the name of a kind of value that
 * another package owns ({@link Travels.name}), followed by its data.
 */
export const kind = {
  /** `[0, root, …shared]`: only outermost. Objects that occur more than once, or contain themselves, are in `shared`. */
  graph: 0,
  /** `[1, index]`: the element of `shared` with that index. */
  reference: 1,
  /** `[2]` */
  negativeZero: 2,
  /** `[3, bytes]`: UTF-16, little endian, for texts that UTF-8 would change: a lone surrogate, a byte order mark. */
  text: 3,
  /** `[4, negative, bytes]`: the magnitude, big endian, beyond 64 bits. */
  bigint: 4,
  /** `[5, ms]` */
  date: 5,
  /** `[6, source, flags, lastIndex]` */
  regExp: 6,
  /** `[7, withoutPrototype, key, value, key, value, …]`: an object that is not like most. */
  object: 7,
  /** `[8, class, name, message, code, hasCause, cause, errors]` */
  error: 8,
  /** `[9, bytes]` */
  arrayBuffer: 9,
  /** `[10, hash, contents, hidden, key, value, …]`: an instance of a class that travels. See `instance.ts`. */
  instance: 10,
  /** `[11, length, index, element, index, element, …]`: an array with holes. */
  sparse: 11,
} as const;

/** The classes of errors that arrive as what they were; any other arrives as the nearest of these, with its own name. */
export const errorClasses: ReadonlyMap<string, ErrorConstructor> = new Map(
  [Error, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError].map((type) => [type.name, type]),
);

/** The kinds of value that other packages own, by class and by name. */
export class ForeignKinds {
  readonly #byName = new Map<string, Travels>();
  readonly #byPrototype = new Map<object, Travels>();
  /** What was found for other classes, which may come and go. Most nodes meet none. */
  #found: WeakMap<object, Travels | null> | null = null;
  readonly #functions: readonly TravellingFunctions[];
  readonly #instances: TravellingInstances | null;

  /** @throws TypeError when two kinds have one name or one class. */
  constructor(
    kinds: readonly Travels[],
    functions: readonly TravellingFunctions[],
    instances: TravellingInstances | null,
  ) {
    this.#functions = functions;
    this.#instances = instances;
    for (const foreign of kinds) {
      if (this.#byName.has(foreign.name))
        throw new TypeError(`travels: expected each name once, got "${foreign.name}" twice`);
      const prototype = foreign.type.prototype as object;
      if (this.#byPrototype.has(prototype))
        throw new TypeError(`travels: "${foreign.name}" is of a class that has a name already`);
      this.#byName.set(foreign.name, foreign);
      this.#byPrototype.set(prototype, foreign);
    }
  }

  named(name: string): Travels | undefined {
    return this.#byName.get(name);
  }

  /** How objects with this prototype travel: as the nearest class of theirs that does. */
  of(prototype: object): Travels | null {
    const known = this.#byPrototype.get(prototype) ?? this.#found?.get(prototype);
    if (known !== undefined) return known;
    const parent = Object.getPrototypeOf(prototype) as object | null;
    const found = parent === null ? null : this.of(parent);
    (this.#found ??= new WeakMap()).set(prototype, found);
    return found;
  }

  /** The class that travels, of objects with this prototype. */
  classOf(prototype: object): TravellingClass | null {
    return this.#instances?.classOf(prototype) ?? null;
  }

  /** Throws when there is no such class. */
  classNamed(hash: string): TravellingClass | null {
    return this.#instances?.classNamed(hash) ?? null;
  }

  standIn(f: Function): object | undefined {
    for (const functions of this.#functions) {
      const found = functions.standIn(f);
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

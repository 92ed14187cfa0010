import type { Hash } from "@espalier/runtime";

/** A function of an `fn` or `remote` definition, as it travels: by the definition's hash. */
export class FunctionReference {
  readonly hash: Hash;
  /** By whose word it is used, when that is not trusted. */
  readonly stranger: string | null;

  constructor(hash: Hash, stranger: string | null = null) {
    this.hash = hash;
    this.stranger = stranger;
  }
}

/** A function inside a remote definition, as it travels: with the values that it captured. */
export class ClosureReference {
  readonly hash: Hash;
  readonly unit: number;
  readonly captures: readonly unknown[];
  /** By whose word it is used, when that is not trusted. */
  readonly stranger: string | null;

  constructor(hash: Hash, unit: number, captures: readonly unknown[], stranger: string | null = null) {
    this.stranger = stranger;
    this.hash = hash;
    this.unit = unit;
    this.captures = captures;
  }
}

/** A constructor that returns what it is given: private fields of a subclass go onto that. */
const Given = function (made: object): object {
  return made;
} as unknown as new (made: object) => object;

/** Notes a closure down on itself: invisible, and many times faster than a weak map for functions that are made all the time. */
class MarkedClosure extends Given {
  readonly #reference: () => ClosureReference;

  constructor(made: object, reference: () => ClosureReference) {
    super(made);
    this.#reference = reference;
  }

  static referenceOf(value: object): (() => ClosureReference) | undefined {
    return #reference in value ? value.#reference : undefined;
  }
}

/** The definitions behind function values. */
export class FunctionValues<Definition extends { readonly hash: Hash; readonly stranger: string | null }> {
  readonly #definitions = new WeakMap<object, Definition>();

  /** `value` is what `definition` defines. */
  define(value: object, definition: Definition): void {
    this.#definitions.set(value, definition);
  }

  /** `value` is a closure, once and for all; `reference` reads its captures. */
  defineClosure(value: object, reference: () => ClosureReference): void {
    void new MarkedClosure(value, reference);
  }

  definitionOf(value: unknown): Definition | null {
    return this.#definitions.get(value as object) ?? null;
  }

  isClosure(value: unknown): boolean {
    return typeof value === "function" && MarkedClosure.referenceOf(value) !== undefined;
  }

  /** What stands for `value` on the wire; undefined for a function that nobody defined. */
  referenceTo(value: object): FunctionReference | ClosureReference | undefined {
    const definition = this.#definitions.get(value);
    if (definition === undefined) return MarkedClosure.referenceOf(value)?.();
    return new FunctionReference(definition.hash, definition.stranger);
  }
}

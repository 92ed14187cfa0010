import type { Hash } from "@espalier/runtime";

/** A function of an `fn` or `remote` definition, as it travels: by the definition's hash. */
export class FunctionReference {
  readonly hash: Hash;

  constructor(hash: Hash) {
    this.hash = hash;
  }
}

/** A `function*` inside a remote definition, as it travels: with the values that it captured. */
export class ClosureReference {
  readonly hash: Hash;
  readonly unit: number;
  readonly captures: readonly unknown[];

  constructor(hash: Hash, unit: number, captures: readonly unknown[]) {
    this.hash = hash;
    this.unit = unit;
    this.captures = captures;
  }
}

/** The definitions behind function values. */
export class FunctionValues<Definition extends { readonly hash: Hash }> {
  readonly #definitions = new WeakMap<object, Definition>();
  readonly #closures = new WeakMap<object, () => ClosureReference>();

  /** `value` is what `definition` defines. */
  define(value: object, definition: Definition): void {
    this.#definitions.set(value, definition);
  }

  /** `value` is a closure; `reference` reads its captures. */
  defineClosure(value: object, reference: () => ClosureReference): void {
    this.#closures.set(value, reference);
  }

  definitionOf(value: unknown): Definition | null {
    return this.#definitions.get(value as object) ?? null;
  }

  isClosure(value: unknown): boolean {
    return this.#closures.has(value as object);
  }

  /** What stands for `value` on the wire; undefined for a function that nobody defined. */
  referenceTo(value: object): FunctionReference | ClosureReference | undefined {
    const definition = this.#definitions.get(value);
    return definition === undefined ? this.#closures.get(value)?.() : new FunctionReference(definition.hash);
  }
}

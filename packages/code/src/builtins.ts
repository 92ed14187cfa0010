/** Something that every node of a deployment provides under one name, such as the namespace `Remote`. It never travels. */
export class Builtin {
  readonly value: object;
  readonly #name: string;

  constructor(name: string, value: object) {
    this.#name = name;
    this.value = value;
  }

  get name(): string {
    return this.#name;
  }

  /** How definitions that are sent refer to it. */
  get reference(): string {
    return `##${this.name}`;
  }
}

/**
 * What definitions may use without declaring it, by name, and what peers' code may ask this node for.
 *
 * A member of a namespace is a builtin too: a dependency `{ transfer }` whose value is `Remote.transfer` stands for `##Remote.transfer`.
 */
class Builtins {
  readonly #byName = new Map<string, Builtin>();
  readonly #byValue = new Map<object, Builtin>();

  /**
   * Provides `value` as `name`.
   *
   * @throws TypeError when the name is no identifier, the value neither an object nor a function, or the name stands for another value.
   */
  add(name: string, value: object): void {
    if (!/^[A-Za-z_]\w*$/.test(name))
      throw new TypeError(`builtin: expected a name made of letters and digits, got ${JSON.stringify(name)}`);
    if ((typeof value !== "object" && typeof value !== "function") || value === null) {
      throw new TypeError(`builtin ${name}: expected an object or a function, got ${String(value)}`);
    }
    const known = this.#byName.get(name);
    if (known !== undefined && known.value !== value)
      throw new TypeError(`builtin ${name}: it already stands for another value`);
    this.#set(new Builtin(name, value));
    if (typeof value !== "object") return;
    for (const [member, function_] of Object.entries(value)) {
      if (typeof function_ === "function") this.#set(new Builtin(`${name}.${member}`, function_));
    }
  }

  /** Has `value` stand for the builtin `name` too: the same namespace, as another package exports it. */
  alias(name: string, value: object): void {
    const known = this.#byName.get(name);
    if (known === undefined)
      throw new TypeError(`builtin ${name}: expected one that there is, to give it another value`);
    this.#byValue.set(value, known);
  }

  named(name: string): Builtin | null {
    return this.#byName.get(name) ?? null;
  }

  valued(value: unknown): Builtin | null {
    return this.#byValue.get(value as object) ?? null;
  }

  #set(builtin: Builtin): void {
    this.#byName.set(builtin.name, builtin);
    if (!this.#byValue.has(builtin.value)) this.#byValue.set(builtin.value, builtin);
  }
}

/** One list for the program: definitions are made while modules load, before there is any node. */
export const builtins: Builtins = new Builtins();

/**
 * Makes `value` available to all definitions as `name`, undeclared. A node that runs such a definition needs the builtin too: without
 * it the code is refused by name.
 *
 * @param options.alsoAs the same namespace as another package exports it: authors may have imported either.
 * @throws TypeError when the name is taken by another value.
 */
export function builtin(name: string, value: object, { alsoAs }: { readonly alsoAs?: object } = {}): void {
  builtins.add(name, value);
  if (alsoAs !== undefined) builtins.alias(name, alsoAs);
}

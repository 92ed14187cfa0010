import { type Builtin, builtins } from "./builtins.ts";
import { globalValue, isConstantName, isGlobal } from "./globals.ts";
import { resolver } from "./resolver.ts";
import { isCommonJsImport, isViteImport, type Original, type Tools } from "./syntax/residue.ts";

/** What a definition may use besides its own locals, by the names that its text uses: go-to-definition works, and reviewers see it all. */
export type Dependencies = Readonly<Record<string, unknown>>;

/** Dependencies, or a function that gives them later: for definitions that need one another. */
export type Declared = Dependencies | (() => Dependencies);

/** One thing that is declared: itself, or the member of a namespace. */
interface Entry {
  /** What messages call it. */
  readonly shown: string;
  readonly value: unknown;
}

/**
 * What is declared for one function, by the names that its text ended up with. Tools rename what a function uses; what a name stood for is
 * found by asking the engine for its value, and never guessed from how it looks, except where an import is written out in the text and only
 * one reading is possible.
 *
 * All values are read once: a list that changes later changes nothing.
 */
export class Declaration implements Tools {
  readonly names: readonly string[];
  readonly #entries = new Map<string, Entry>();
  readonly #namespaces = new Map<string, ReadonlyMap<string, string>>();
  readonly #function: Function;
  readonly #text: string;
  readonly #guesses: [written: string, name: string][] = [];
  #scope: ReadonlyMap<string, unknown> | null | undefined;

  constructor(function_: Function, text: string, declared: Dependencies) {
    this.#function = function_;
    this.#text = text;
    this.names = Object.keys(declared);
    for (const name of this.names) this.#declare(name, declared[name]);
  }

  /** The declared value of a free name of the tree; undefined when there is none. */
  entry(name: string): Entry | undefined {
    return this.#entries.get(name);
  }

  /** The members of a namespace that is declared as `name`; undefined when that is none. */
  members(name: string): readonly string[] | undefined {
    const namespace = this.#namespaces.get(name);
    return namespace === undefined ? undefined : [...namespace.keys()];
  }

  /** The builtin that a free name stands for. */
  builtin(name: string): Builtin | null {
    const builtin = builtins.named(name);
    if (builtin === null) return null;
    return this.#holds(name, builtin.value) || builtins.valued(this.valueOf(name)) === builtin ? builtin : null;
  }

  /** Whether a free name is the standard global of that name, and not something of the program that hides it. */
  isGlobal(name: string): boolean {
    return isGlobal(name) && (isConstantName(name) || this.#holds(name, globalValue(name)));
  }

  /** What a name stands for where the function was written; undefined when that is unknown. */
  valueOf(name: string): unknown {
    return this.scope?.get(name);
  }

  /** The variables around the function, by name; null when the engine cannot be asked. */
  get scope(): ReadonlyMap<string, unknown> | null {
    if (this.#scope === undefined) {
      const names = [...new Set(this.#text.match(/[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*/gu) ?? [])];
      this.#scope = resolver()?.variables(this.#function, names) ?? null;
    }
    return this.#scope;
  }

  /**
   * A reading of the text that nothing but names supports, when it could be wrong: `util_1.x` was read as the dependency `x`, while another
   * dependency seems to be unused and might be what was meant.
   */
  doubtful(free: ReadonlyMap<string, unknown>): { readonly written: string; readonly unused: string } | null {
    const unused = this.names.find((name) => !free.has(name) && !this.#namespaces.has(name));
    const [guess] = this.#guesses;
    return guess === undefined || unused === undefined ? null : { written: guess[0], unused };
  }

  original(name: string, member: string | null): Original | null {
    if (member !== null) {
      const of = this.#namespaces.get(name)?.get(member);
      if (of !== undefined && this.#isDeclared(name)) return { name: of, member: null };
    } else if (this.#namespaces.has(name) && this.#isDeclared(name)) return null;
    const value = this.valueOf(name);
    if (this.#isKnown(name)) {
      if (member !== null || value === undefined) return null;
      // A minifier gives names again: what is called `a` now need not be what is declared as `a`.
      return this.entry(name)?.value === value ? null : this.#declaredAs(value);
    }
    if (isGlobal(name) && (value === undefined || value === globalValue(name))) return null;
    if (member === null) return this.#standsFor(value);
    if (this.#standsFor(value) !== null) return null;
    if ((typeof value === "object" || typeof value === "function") && value !== null)
      return this.#standsFor(read(value, member));
    if (!isViteImport(name) && !(isCommonJsImport(name) && this.#isKnown(member))) return null;
    if (this.#entries.has(member)) this.#guesses.push([`${name}.${member}`, member]);
    return { name: member, member: null };
  }

  #declare(name: string, value: unknown): void {
    if (builtins.valued(value) !== null || !isNamespace(value)) {
      this.#entries.set(name, { shown: name, value });
      return;
    }
    const members = new Map<string, string>();
    for (const key of Object.keys(value)) {
      if (!/^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(key)) continue;
      const flat = `${name}$${key}`;
      members.set(key, flat);
      this.#entries.set(flat, { shown: `${name}.${key}`, value: read(value, key) });
    }
    this.#namespaces.set(name, members);
  }

  #isKnown(name: string): boolean {
    return this.#entries.has(name) || builtins.named(name) !== null;
  }

  /** Whether a name of the text is the namespace that is declared under it. */
  #isDeclared(name: string): boolean {
    const value = this.valueOf(name);
    return value === undefined || this.#standsFor(value) === null;
  }

  #holds(name: string, expected: unknown): boolean {
    const { scope } = this;
    return scope === null || !scope.has(name) || scope.get(name) === expected;
  }

  #declaredAs(value: unknown): Original | null {
    for (const [name, entry] of this.#entries) if (entry.value === value) return { name, member: null };
    return null;
  }

  #standsFor(value: unknown): Original | null {
    if (value === undefined) return null;
    const declared = this.#declaredAs(value);
    if (declared !== null) return declared;
    const builtin = builtins.valued(value);
    if (builtin === null) return null;
    // A bundler writes `Process.sleep` as `sleep`.
    const [namespace = "", member = null] = builtin.name.split(".");
    return { name: namespace, member };
  }
}

/**
 * Whether a value is what `import * as x` gives, in itself or as a bundler or a compiler to CommonJS writes it: an object of functions, or
 * one that is all getters. An object of plain data is a constant.
 */
function isNamespace(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  if (Object.prototype.toString.call(value) === "[object Module]") return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  const descriptors = Object.values(Object.getOwnPropertyDescriptors(value)).filter(({ enumerable }) => enumerable);
  return descriptors.length > 0 && (descriptors.every(isGetter) || descriptors.some(isFunctionProperty));
}

function isGetter(descriptor: PropertyDescriptor): boolean {
  return "get" in descriptor;
}

function isFunctionProperty({ value }: PropertyDescriptor): boolean {
  return typeof value === "function";
}

/** A member of a namespace; undefined while its module has not come to it. */
function read(namespace: object, member: string): unknown {
  try {
    return Reflect.get(namespace, member);
  } catch (error) {
    if (error instanceof ReferenceError) return undefined;
    throw error;
  }
}

import { type Builtin, builtins } from "./builtins.ts";
import { constantTree } from "./constant.ts";
import { Definition, type Dependency, functionValues, type Kind } from "./definition.ts";
import { DefinitionError, refuse } from "./errors.ts";
import type { Evaluator } from "./evaluator.ts";
import { isGlobal } from "./globals.ts";
import { inNode } from "./in-realm.ts";
import { type Origin, originOf } from "./origin.ts";
import { readFunction } from "./syntax/read.ts";
import { isCommonJsImport, isViteImport, type Tools } from "./syntax/residue.ts";
import { resolver } from "./resolver.ts";
import { checkRemote } from "./rules.ts";
import type { ClassLiteral, Expression, FunctionLiteral, Place } from "./syntax/tree.ts";

/** What a definition may use besides its own locals, by the names that its text uses: go-to-definition works, and reviewers see it all. */
export type Dependencies = Readonly<Record<string, unknown>>;

/** Dependencies, or a function that gives them later: for definitions that need one another. */
export type Declared = Dependencies | (() => Dependencies);

/** Definitions of this program whose hash has been asked for: what a node can send before anybody sent it to it. */
const defined = new Map<string, Definition>();

export function definedHere(hash: string): Definition | null {
  return defined.get(hash) ?? null;
}

abstract class DefinedHere extends Definition {
  readonly evaluator: Evaluator = inNode;

  override get hash(): string {
    const hash = super.hash;
    if (!defined.has(hash)) defined.set(hash, this);
    return hash;
  }
}

/** A function or class of this program. Where it was defined the author's own function runs; a remote runs compiled everywhere. */
export class LocalDefinition extends DefinedHere {
  readonly kind: Kind;
  readonly name: string;
  readonly tree: FunctionLiteral | ClassLiteral;
  readonly free: ReadonlyMap<string, Place>;
  readonly #function: Function;
  readonly #declared: Declared;
  readonly #site: Error;
  #dependencies: ReadonlyMap<string, Dependency> | null = null;

  /** @throws DefinitionError for anything that cannot be in a definition; for undeclared names, unless `declared` comes later. */
  constructor(kind: "remote" | "fn", function_: Function, declared: Declared, name: string, site: Error) {
    super();
    this.kind = kind;
    this.name = name;
    this.#function = function_;
    this.#declared = declared;
    this.#site = site;
    const { root, free } = readFunction(
      Function.prototype.toString.call(function_),
      name,
      toolsFor(function_, declared),
    );
    if (kind === "remote") checkRemote(root, name);
    this.tree = root;
    this.free = free;
    if (typeof declared !== "function") this.#dependencies = this.#resolve(declared);
  }

  get dependencies(): ReadonlyMap<string, Dependency> {
    this.#dependencies ??= this.#resolve(typeof this.#declared === "function" ? this.#declared() : this.#declared);
    return this.#dependencies;
  }

  get origin(): Origin | null {
    const origin = originOf(this.#site, 1);
    return origin === null ? null : { ...origin, line: resolver()?.line(this.#function) ?? origin.line };
  }

  override get native(): Function | null {
    return this.kind === "fn" ? this.#function : null;
  }

  #resolve(declared: Dependencies): ReadonlyMap<string, Dependency> {
    const found = new Map<string, Dependency>();
    for (const [name, place] of this.free) {
      if (Object.hasOwn(declared, name)) {
        found.set(name, dependencyOf(declared[name], name, this.#site));
        continue;
      }
      const provided = builtins.named(name);
      if (provided !== null && this.#holds(name, provided)) found.set(name, provided);
      else if (!isGlobal(name)) this.#undeclared(name, place, Object.keys(declared));
    }
    return found;
  }

  /** Whether `name` stands for a builtin where the function was written, and not for something of the same name; as far as one can ask. */
  #holds(name: string, { value }: Builtin): boolean {
    const held = resolver()?.variables(this.#function, [name]);
    return held === undefined || !held.has(name) || held.get(name) === value;
  }

  #undeclared(name: string, place: Place, declared: readonly string[]): never {
    const remedy = `${this.kind}({ ${[...declared, name].join(", ")} }, …)`;
    const problem = isViteImport(name)
      ? `vitest wrote \`${name}\` for an import whose name it did not keep; import it by name, \`import { x } from …\`, and declare it`
      : `\`${name}\` is neither a local, a declared dependency, a builtin nor a standard global; declare it: ${remedy}`;
    return refuse(this.name, problem, place.line);
  }
}

/** A constant dependency: a frozen copy, the same on every machine. */
class ConstantDefinition extends DefinedHere {
  readonly kind = "constant";
  readonly name: string;
  readonly tree: Expression;
  readonly free: ReadonlyMap<string, Place> = new Map();
  readonly dependencies: ReadonlyMap<string, Dependency> = new Map();
  readonly origin: Origin | null = null;

  constructor(value: unknown, name: string) {
    super();
    this.name = name;
    this.tree = constantTree(value, name);
  }
}

function dependencyOf(value: unknown, name: string, site: Error): Dependency {
  const known = functionValues.definitionOf(value) ?? builtins.valued(value);
  if (known !== null) return known;
  if (functionValues.isClosure(value))
    throw new DefinitionError(`dependency \`${name}\`: a function* made by a running remote is no definition`);
  if (value === undefined) {
    throw new DefinitionError(
      `dependency \`${name}\`: it is undefined; what is defined later is given in a function, () => ({ ${name} })`,
    );
  }
  if (typeof value !== "function") return new ConstantDefinition(value, name);
  const definition = new LocalDefinition("fn", value, {}, name, site);
  functionValues.define(value, definition);
  return definition;
}

/** Which of a text's free names a tool has put in place of a declared one: by identity where the engine can be asked, else by pattern. */
function toolsFor(function_: Function, declared: Declared): Tools {
  const dependencies = typeof declared === "function" ? {} : declared;
  const isKnown = (name: string): boolean => Object.hasOwn(dependencies, name) || builtins.named(name) !== null;
  const valueOf = (name: string): unknown => resolver()?.variables(function_, [name]).get(name);
  const nameOf = (value: unknown): string | null => {
    if (value === undefined) return null;
    const entry = Object.entries(dependencies).find(([, dependency]) => dependency === value);
    if (entry !== undefined) return entry[0];
    const builtin = builtins.valued(value);
    return builtin !== null && builtins.named(builtin.name) === builtin && !builtin.name.includes(".")
      ? builtin.name
      : null;
  };
  return {
    original(name, member) {
      if (isKnown(name) || isGlobal(name)) return null;
      const value = valueOf(name);
      if (member === null) return nameOf(value);
      if (nameOf(value) !== null) return null;
      if (typeof value === "object" && value !== null) {
        const found = nameOf((value as Record<string, unknown>)[member]);
        if (found !== null) return found;
      }
      return isViteImport(name) || (isCommonJsImport(name) && isKnown(member)) ? member : null;
    },
  };
}

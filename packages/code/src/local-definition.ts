import { builtins } from "./builtins.ts";
import { constantTree } from "./constant.ts";
import { Declaration, type Declared, type Dependencies } from "./declaration.ts";
import { Definition, type Dependency, functionValues } from "./definition.ts";
import { DefinitionError, refuse } from "./errors.ts";
import type { Evaluator } from "./evaluator.ts";
import { inNode } from "./in-realm.ts";
import { type Origin, originOf } from "./origin.ts";
import { readFunction, type Source } from "./syntax/read.ts";
import { privateDependency } from "./private-function.ts";
import { resolver } from "./resolver.ts";
import { checkRemote } from "./rules.ts";
import { isCompilerHelper } from "./syntax/residue.ts";
import type { ClassLiteral, Expression, FunctionLiteral, Place } from "./syntax/tree.ts";
import { refuseUndeclared } from "./undeclared.ts";

/** Definitions of this program whose hash has been asked for: what a node can send before anybody sent it to it. */
const defined = new Map<string, Definition>();

export function definedHere(hash: string): Definition | null {
  return defined.get(hash) ?? null;
}

/** Classes of this program whose hash nobody has asked for. */
const classes = new Set<Definition>();

/** Whether this program has defined the class with this hash. */
export function isClassHere(hash: string): boolean {
  for (const definition of classes) {
    classes.delete(definition);
    try {
      void definition.hash;
    } catch {
      // It cannot be sent either, and whoever tries is told why. It is not what is asked for here.
    }
  }
  return defined.get(hash)?.tree.type === "ClassLiteral";
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
  readonly kind: "remote" | "fn";
  readonly name: string;
  readonly #function: Function;
  readonly #site: Error;
  /** Gives what is declared later. */
  readonly #late: (() => Dependencies) | null;
  #known: Known | null = null;
  #origin: { readonly known: Origin | null } | null = null;

  /** @throws DefinitionError for anything that cannot be in a definition; for undeclared names, unless `declared` comes later. */
  constructor(kind: "remote" | "fn", function_: Function, declared: Declared, name: string, site: Error) {
    super();
    this.kind = kind;
    this.name = name;
    this.#function = function_;
    this.#site = site;
    this.#late = typeof declared === "function" ? declared : null;
    if (typeof declared === "function") this.#read({});
    else this.#known = this.#resolve(declared);
    if (kind === "fn" && Function.prototype.toString.call(function_).startsWith("class")) classes.add(this);
  }

  get tree(): FunctionLiteral | ClassLiteral {
    return this.#all.tree;
  }

  get free(): ReadonlyMap<string, Place> {
    return this.#all.free;
  }

  get dependencies(): ReadonlyMap<string, Dependency> {
    return this.#all.dependencies;
  }

  get origin(): Origin | null {
    this.#origin ??= { known: this.#locate() };
    return this.#origin.known;
  }

  override get native(): Function | null {
    return this.kind === "fn" ? this.#function : null;
  }

  /** What is declared later is asked for once. */
  get #all(): Known {
    this.#known ??= this.#resolve(checkDependencies(this.#late?.(), this.name));
    return this.#known;
  }

  #locate(): Origin | null {
    const origin = originOf(this.#site, 1);
    return origin === null ? null : { ...origin, line: resolver()?.line(this.#function) ?? origin.line };
  }

  #read(declared: Dependencies): Source & { readonly declaration: Declaration } {
    const text = Function.prototype.toString.call(this.#function);
    const declaration = new Declaration(this.#function, text, declared);
    const source = readFunction(text, this.name, declaration);
    if (this.kind === "remote") {
      checkGenerator(source, this.name);
      checkRemote(source.root, this.name);
    }
    return { ...source, declaration };
  }

  #resolve(declared: Dependencies): Known {
    const { root, free, declaration } = this.#read(declared);
    const { kind, name: definition } = this;
    const dependencies = new Map<string, Dependency>();
    const undeclared = new Map<string, Place>();
    for (const [name, place] of free) {
      const entry = declaration.entry(name);
      const provided = entry === undefined ? declaration.builtin(name) : null;
      if (entry !== undefined) dependencies.set(name, dependencyOf(entry.value, entry.shown, this.#site));
      else if (provided !== null) dependencies.set(name, provided);
      else if (!declaration.isGlobal(name)) undeclared.set(name, place);
    }
    if (undeclared.size > 0) {
      const unused = declaration.names.filter((name) => !free.has(name));
      refuseUndeclared({ kind, name: definition, names: undeclared, declaration, late: this.#late !== null }, unused);
    }
    const doubt = declaration.doubtful(free);
    if (doubt !== null) {
      throw new DefinitionError(
        `${definition}: \`${doubt.written}\` may be the dependency of that name or, under another one, \`${doubt.unused}\`, which is declared and otherwise not used; this engine has no inspector that could tell. Remove \`${doubt.unused}\`, or import what it stands for under its own name`,
      );
    }
    return { tree: root, free, dependencies };
  }
}

/** What a definition of this program is, once its dependencies are known: a tool's renaming can be seen through only with them. */
interface Known {
  readonly tree: FunctionLiteral | ClassLiteral;
  readonly free: ReadonlyMap<string, Place>;
  readonly dependencies: ReadonlyMap<string, Dependency>;
}

/** A `function*` that a compiler has taken apart is an error of its target, not of its author. */
function checkGenerator({ root, free }: Source, name: string): void {
  const helper = [...free].find(([one]) => isCompilerHelper(one));
  if (helper === undefined || (root.type === "FunctionLiteral" && root.generator)) return;
  refuse(
    name,
    `it is no function* any more: a compiler wrote \`${helper[0]}\` for a target that has none; set the target to ES2022 or newer`,
    helper[1].line,
  );
}

function checkDependencies(declared: unknown, name: string): Dependencies {
  if (typeof declared === "object" && declared !== null) return declared as Dependencies;
  throw new DefinitionError(
    `${name}: expected dependencies, as an object, from the function that gives them, got ${String(declared)}`,
  );
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
  const known = functionValues.definitionOf(value) ?? builtins.valued(value) ?? privateDependency(value);
  if (known !== null) return known;
  if (functionValues.isClosure(value))
    throw new DefinitionError(`dependency \`${name}\`: a function* made by a running remote is no definition`);
  if (value === undefined) {
    throw new DefinitionError(
      `dependency \`${name}\`: it is undefined; what is defined later is given in a function, () => ({ ${name} })`,
    );
  }
  if (typeof value !== "function") return new ConstantDefinition(value, name);
  const definition = definePlain(value, name, site);
  functionValues.define(value, definition);
  return definition;
}

/** A function that nobody has defined yet. The platform's own do not become definitions by declaring what they use. */
function definePlain(f: Function, name: string, site: Error): LocalDefinition {
  try {
    return new LocalDefinition("fn", f, {}, name, site);
  } catch (error) {
    const script = error instanceof DefinitionError ? resolver()?.script(f) : null;
    if (!script?.startsWith("node:")) throw error;
    throw new DefinitionError(
      `dependency \`${name}\`: it is a part of Node (${script}), and so of one machine; call a remote.private that uses it, or pass what it tells as an argument`,
    );
  }
}

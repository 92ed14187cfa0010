import type {
  BlockStatement,
  ForInStatement,
  ForStatement,
  IfStatement,
  LabeledStatement,
  Node,
  Pattern,
  Statement,
  SwitchStatement,
  TryStatement,
  VariableDeclaration,
} from "acorn";
import { Binding, type BindingKind, type Label } from "./binding.ts";

/** The function that a scope belongs to: what tells a use in a closure from a use in place. */
export class FunctionScope {
  /** Where `this` and `arguments` come from: an arrow takes them from around it; null is outside the definition. */
  readonly thisFrom: "own" | "definition" | "outside";

  constructor(thisFrom: FunctionScope["thisFrom"]) {
    this.thisFrom = thisFrom;
  }
}

/** The names that a stretch of source declares, inside those around it. */
export class Scope {
  readonly parent: Scope | null;
  readonly function: FunctionScope;
  readonly #bindings = new Map<string, Declared>();
  readonly #label: Label | null;

  constructor(parent: Scope | null, owner: FunctionScope, label: Label | null = null) {
    this.parent = parent;
    this.function = owner;
    this.#label = label;
  }

  /** The same names and one label more. */
  labeled(label: Label): Scope {
    return new Scope(this, this.function, label);
  }

  declare(name: string, kind: BindingKind, index: () => number): Declared {
    const known = this.#bindings.get(name);
    if (known !== undefined) return known;
    const declared = new Declared(new Binding(name, kind, index()), this.function);
    this.#bindings.set(name, declared);
    return declared;
  }

  find(name: string): Declared | null {
    for (let scope: Scope | null = this; scope !== null; scope = scope.parent) {
      const declared = scope.#bindings.get(name);
      if (declared !== undefined) return declared;
    }
    return null;
  }

  findLabel(name: string): Label {
    for (let scope: Scope | null = this; scope !== null; scope = scope.parent) {
      if (scope.#label?.name === name) return scope.#label;
    }
    throw new Error(`label ${name}: the parser lets no unknown label through`);
  }
}

/** A binding while its scope is being read. */
export class Declared {
  readonly binding: Binding;
  readonly function: FunctionScope;
  /** Its declaration has been read: a use before that is in its dead zone. */
  ready = false;
  /** It is used somewhere. */
  used = false;

  constructor(binding: Binding, owner: FunctionScope) {
    this.binding = binding;
    this.function = owner;
  }
}

/** A name that belongs to the block in which it is declared. */
export type BlockDeclaration = readonly [name: string, kind: "let" | "const" | "function" | "class"];

/** What a list of statements declares in its own block: `let`, `const`, functions and classes. */
export function blockDeclarations(statements: readonly Statement[]): readonly BlockDeclaration[] {
  const found: BlockDeclaration[] = [];
  for (const statement of statements) {
    if (statement.type === "VariableDeclaration") found.push(...variableDeclarations(statement));
    else if (statement.type === "FunctionDeclaration") found.push([statement.id.name, "function"]);
    else if (statement.type === "ClassDeclaration") found.push([statement.id.name, "class"]);
  }
  return found;
}

/** What a `let` or `const` declares. */
export function variableDeclarations(declaration: VariableDeclaration): readonly BlockDeclaration[] {
  const { kind } = declaration;
  if (kind === "var") return [];
  // What a `using` declares is a constant; a reader refuses those that it cannot read.
  const declared = kind === "let" ? "let" : "const";
  return declaration.declarations.flatMap((one) => patternNames(one.id)).map((name) => [name, declared] as const);
}

/** The names that `var` declares anywhere in a function's body: only statements declare, so nothing else is looked at. */
export function hoistedNames(body: Node): readonly string[] {
  const found: string[] = [];
  const visit = (node: Node | null | undefined): void => {
    switch (node?.type) {
      case "VariableDeclaration": {
        const { kind, declarations } = node as VariableDeclaration;
        if (kind === "var") for (const { id } of declarations) found.push(...patternNames(id));
        break;
      }
      case "BlockStatement":
        (node as BlockStatement).body.forEach(visit);
        break;
      case "IfStatement":
        visit((node as IfStatement).consequent);
        visit((node as IfStatement).alternate);
        break;
      case "ForStatement":
        visit((node as ForStatement).init);
        visit((node as ForStatement).body);
        break;
      case "ForInStatement":
      case "ForOfStatement":
        visit((node as ForInStatement).left);
        visit((node as ForInStatement).body);
        break;
      case "WhileStatement":
      case "DoWhileStatement":
      case "LabeledStatement":
        visit((node as LabeledStatement).body);
        break;
      case "SwitchStatement":
        for (const one of (node as SwitchStatement).cases) one.consequent.forEach(visit);
        break;
      case "TryStatement":
        visit((node as TryStatement).block);
        visit((node as TryStatement).handler?.body);
        visit((node as TryStatement).finalizer);
        break;
      default:
    }
  };
  visit(body);
  return found;
}

/** The names that a pattern declares. */
export function patternNames(pattern: Pattern): string[] {
  switch (pattern.type) {
    case "Identifier":
      return [pattern.name];
    case "ObjectPattern":
      return pattern.properties.flatMap((one) => patternNames(one.type === "RestElement" ? one.argument : one.value));
    case "ArrayPattern":
      return pattern.elements.flatMap((element) => (element === null ? [] : patternNames(element)));
    case "AssignmentPattern":
      return patternNames(pattern.left);
    case "RestElement":
      return patternNames(pattern.argument);
    default:
      return [];
  }
}

/** The declaration in a loop's header, if it has one. */
export function headerDeclaration(
  header: ForInStatement["left"] | Node | null | undefined,
): VariableDeclaration | null {
  return header?.type === "VariableDeclaration" ? (header as VariableDeclaration) : null;
}

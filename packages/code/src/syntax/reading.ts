import type * as acorn from "acorn";
import { refuse } from "../errors.ts";
import type { Tools } from "./residue.ts";
import type { BlockDeclaration, Declared, Scope } from "./scope.ts";
import type { ClassLiteral, Expression, Free, FunctionLiteral, Local, Place } from "./tree.ts";

/** How a pattern's variables get their values: from outside (arguments, a catch), by their declaration, or later. */
export type Assignment = "given" | "declared" | "assigned";

/** What a reader keeps while it reads one text: the names that it meets, where they stand, and what is wrong with them. */
export abstract class Reading {
  /** Names that the text uses and does not declare, with the place where each is used first. */
  readonly free: Map<string, Place> = new Map();
  protected readonly tools: Tools | null;
  readonly #name: string;
  readonly #shift: number;
  #bindings = 0;

  /**
   * @param name what messages call the definition.
   * @param shift by how many columns the parser saw the first line shifted.
   * @param tools what build tools may have done to the text; null for text that no tool has touched.
   */
  constructor(name: string, shift: number, tools: Tools | null) {
    this.#name = name;
    this.#shift = shift;
    this.tools = tools;
  }

  protected read(node: acorn.Identifier, scope: Scope): Expression {
    const declared = scope.find(node.name);
    if (declared === null) {
      if (node.name === "arguments") return this.keyword(node, "arguments", scope);
      return this.original(node.name, null, node) ?? this.freeName(node.name, node);
    }
    declared.used = true;
    if (!declared.ready && declared.function === scope.function)
      this.refuse(node, `\`${node.name}\` is used before its declaration`);
    return { type: "Local", place: this.place(node), binding: declared.binding };
  }

  protected target(node: acorn.Identifier, scope: Scope, how: Assignment): Local {
    const declared = scope.find(node.name);
    if (declared === null)
      return this.refuse(
        node,
        `assignment to \`${node.name}\`, which is not a local: what is outside a definition is constant`,
      );
    const { binding } = declared;
    if (how === "assigned") {
      declared.used = true;
      if (binding.kind === "const" || binding.kind === "self")
        this.refuse(node, `assignment to the constant \`${node.name}\``);
      if (!declared.ready && declared.function === scope.function)
        this.refuse(node, `\`${node.name}\` is assigned before its declaration`);
    } else {
      declared.ready = true;
    }
    if (how !== "given") binding.writes++;
    return { type: "Local", place: this.place(node), binding };
  }

  /** `__vi_import_0__.x`, which was `x`. */
  protected imported(node: acorn.MemberExpression, scope: Scope): Expression | null {
    const { object, property } = node;
    if (this.tools === null || node.computed || object.type !== "Identifier" || property.type !== "Identifier")
      return null;
    if (scope.find(object.name) !== null) return null;
    return this.original(object.name, property.name, node);
  }

  /** What a name of the text stood for before tools had to do with it; null when it is what it says. */
  private original(name: string, member: string | null, node: acorn.Node): Expression | null {
    const original = this.tools?.original(name, member) ?? null;
    if (original === null) return null;
    const free = this.freeName(original.name, node);
    if (original.member === null) return free;
    const key = { type: "NamedKey", place: free.place, name: original.member } as const;
    return { type: "Access", place: free.place, object: free, key, optional: false };
  }

  protected freeName(name: string, node: acorn.Node): Free {
    const place = this.place(node);
    if (!this.free.has(name)) this.free.set(name, place);
    return { type: "Free", place, name };
  }

  protected find(id: acorn.Identifier, scope: Scope): Declared {
    const declared = scope.find(id.name);
    if (declared === null) throw new Error(`${id.name}: every declaration is hoisted before its statements are read`);
    return declared;
  }

  protected initialise(id: acorn.Identifier, scope: Scope, value: FunctionLiteral | ClassLiteral): void {
    const declared = this.find(id, scope);
    declared.ready = true;
    declared.binding.writes++;
    declared.binding.initial = value;
  }

  protected introduceAll(scope: Scope, declarations: readonly BlockDeclaration[]): void {
    for (const [name, kind] of declarations) {
      const declared = this.introduce(scope, name, kind);
      if (kind === "function") declared.ready = true;
    }
  }

  protected introduce(scope: Scope, name: string, kind: Declared["binding"]["kind"]): Declared {
    const declared = scope.declare(name, kind, () => this.#bindings++);
    if (kind === "self") declared.ready = true;
    return declared;
  }

  protected keyword(
    node: acorn.Node,
    keyword: "this" | "super" | "arguments" | "new.target",
    scope: Scope,
  ): Expression {
    if (scope.function.thisFrom !== "own") {
      const remedy =
        keyword === "arguments"
          ? "use rest parameters; where a compiler has written it for them, set the target to ES2022 or newer"
          : "pass it as an argument";
      return this.refuse(
        node,
        `\`${keyword}\` of the definition itself is not available: it may run on another machine; ${remedy}`,
      );
    }
    return { type: "Keyword", place: this.place(node), keyword };
  }

  protected place(node: acorn.Node): Place {
    const { line, column } = (node.loc as acorn.SourceLocation).start;
    return { line, column: line === 1 ? column - this.#shift : column };
  }

  protected refuse(node: acorn.Node, problem: string): never {
    return refuse(this.#name, problem, this.place(node).line);
  }
}

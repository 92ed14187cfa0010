import type { Binding } from "../syntax/binding.ts";
import type { FunctionLiteral, Node } from "../syntax/tree.ts";
import { forEachPart, isFunction, targets } from "../syntax/walk.ts";

/**
 * Where the variables of a definition get their values, as far as the text tells. What comes before what is counted in nodes, not in lines:
 * it is the same wherever the tree is printed and read again.
 */
export class Settings {
  readonly #lines = new Map<Binding, Set<number>>();
  /** The last node that gives it a value. */
  readonly #last = new Map<Binding, number>();
  readonly #bound = new Map<FunctionLiteral, Binding>();
  readonly #numbers = new Map<FunctionLiteral, number>();
  #count = 0;

  constructor(root: Node) {
    this.#visit(root);
  }

  /** The constant that a function is declared as; null for a function declaration, which comes before everything else in its block. */
  boundTo(literal: FunctionLiteral): Binding | null {
    return this.#bound.get(literal) ?? null;
  }

  /** The lines on which it gets a value, ascending. */
  lines(binding: Binding): readonly number[] {
    return [...(this.#lines.get(binding) ?? [])].sort((one, other) => one - other);
  }

  /** Whether a constant may have no value yet when `literal` is made. */
  isSetAfter(binding: Binding, literal: FunctionLiteral): boolean {
    if (binding.kind === "parameter" || binding.kind === "catch") return false;
    return (this.#last.get(binding) ?? 0) > (this.#numbers.get(literal) ?? 0);
  }

  #visit(node: Node): void {
    const number = ++this.#count;
    if (isFunction(node) && !this.#numbers.has(node)) this.#numbers.set(node, number);
    if (node.type === "DeclareFunction") this.#numbers.set(node.value, 0);
    if (node.type === "Declare" && node.target.type === "Local" && node.value !== null && isFunction(node.value)) {
      const { binding } = node.target;
      if (binding.initial === node.value && binding.constant) this.#bound.set(node.value, binding);
    }
    if (node.type === "ForEach") this.#set(node); // Before its body.
    forEachPart(node, (part) => this.#visit(part));
    // Anything else is there when everything in its expression has happened.
    if (node.type !== "ForEach") this.#set(node);
  }

  #set(node: Node): void {
    for (const binding of setBy(node)) {
      const line = node.type === "FunctionLiteral" ? (node.parameters[0]?.place.line ?? 0) : node.place.line;
      this.#lines.set(binding, (this.#lines.get(binding) ?? new Set<number>()).add(line));
      this.#last.set(binding, ++this.#count);
    }
  }
}

function setBy(node: Node): readonly Binding[] {
  switch (node.type) {
    case "FunctionLiteral":
      return node.parameters.flatMap((parameter) => targets(parameter));
    case "Declare":
      return node.value === null ? [] : targets(node.target);
    case "DeclareFunction":
    case "DeclareClass":
      return [node.binding];
    case "Assign":
    case "Update":
    case "ForEach":
      return targets(node.target);
    case "Handler":
      return node.parameter === null ? [] : targets(node.parameter);
    default:
      return [];
  }
}

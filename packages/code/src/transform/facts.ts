import type { Binding } from "../syntax/binding.ts";
import type { FunctionLiteral, Node, Pattern, Rest } from "../syntax/tree.ts";
import { forEachPart, isFunction, targets, walk } from "../syntax/walk.ts";

/** What the compiler asks about trees again and again, computed once for each node. */
export class Facts {
  readonly #asks = new WeakMap<Node, boolean>();
  readonly #disposals = new WeakMap<Node, boolean>();
  readonly #jumps = new WeakMap<Node, boolean>();

  /** Whether `node` yields, outside nested functions. */
  asks(node: Node): boolean {
    return this.#remembered(this.#asks, node, (part) => part.type === "Yield");
  }

  /** Whether a block in `node` disposes of something at its end, outside nested functions. */
  disposes(node: Node): boolean {
    return this.#remembered(this.#disposals, node, (part) => part.type === "Declare" && part.kind === "using");
  }

  /** Whether `node` returns, breaks or continues, outside nested functions. */
  jumps(node: Node): boolean {
    return this.#remembered(
      this.#jumps,
      node,
      ({ type }) => type === "Return" || type === "Break" || type === "Continue",
    );
  }

  #remembered(memory: WeakMap<Node, boolean>, node: Node, matches: (node: Node) => boolean): boolean {
    const known = memory.get(node);
    if (known !== undefined) return known;
    let found = matches(node);
    if (!isFunction(node)) {
      forEachPart(node, (part) => {
        found = this.#remembered(memory, part, matches) || found;
      });
    }
    memory.set(node, found);
    return found;
  }
}

/** The variables whose value `node` may need: read in place, or used in any way by a function inside. */
export function reads(node: Node): ReadonlySet<Binding> {
  const found = new Set<Binding>();
  const inPlace = (part: Node): void => {
    switch (part.type) {
      case "Local":
        found.add(part.binding);
        return;
      case "FunctionLiteral":
        walk(part, (inner) => {
          if (inner.type === "Local") found.add(inner.binding);
        });
        return;
      case "Assign":
        if (part.operator === "=") inPattern(part.target);
        else inPlace(part.target);
        inPlace(part.value);
        return;
      case "Declare":
        inPattern(part.target);
        if (part.value !== null) inPlace(part.value);
        return;
      case "ForEach":
        inPlace(part.subject);
        inPattern(part.target);
        inPlace(part.body);
        return;
      default:
        forEachPart(part, inPlace);
    }
  };
  // A pattern needs no value of the variables that it sets.
  const inPattern = (pattern: Pattern | Rest): void => {
    switch (pattern.type) {
      case "Local":
        return;
      case "Access":
        return inPlace(pattern);
      case "Default":
        inPattern(pattern.target);
        return inPlace(pattern.value);
      case "Rest":
        return inPattern(pattern.target);
      case "ArrayPattern":
        for (const element of pattern.elements) if (element !== null) inPattern(element);
        return;
      case "ObjectPattern":
        for (const property of pattern.properties) {
          if (property.type === "Rest") inPattern(property);
          else {
            inPlace(property.key);
            inPattern(property.value);
          }
        }
    }
  };
  inPlace(node);
  return found;
}

/** The variables that a statement gives new values to, whatever happens. */
export function kills(node: Node): readonly Binding[] {
  if (node.type === "Evaluate" && node.expression.type === "Assign" && node.expression.operator === "=")
    return targets(node.expression.target);
  return node.type === "Declare" ? targets(node.target) : [];
}

/** The variables that a function uses and does not declare. */
export function freeVariables(literal: Node): ReadonlySet<Binding> {
  const used = new Set<Binding>();
  const declared = new Set<Binding>();
  const declare = (pattern: Pattern | Rest): void => targets(pattern).forEach((binding) => declared.add(binding));
  walk(literal, (node) => {
    switch (node.type) {
      case "Local":
        used.add(node.binding);
        break;
      case "FunctionLiteral":
        node.parameters.forEach(declare);
        if (node.self !== null) declared.add(node.self);
        break;
      case "ClassLiteral":
        if (node.self !== null) declared.add(node.self);
        break;
      case "Declare":
        declare(node.target);
        break;
      case "ForEach":
        if (node.declares !== null) declare(node.target);
        break;
      case "Handler":
        if (node.parameter !== null) declare(node.parameter);
        break;
      case "DeclareFunction":
      case "DeclareClass":
        declared.add(node.binding);
        break;
      default:
    }
  });
  return new Set([...used].filter((binding) => !declared.has(binding)));
}

/** The variables that `var` declares in a function. */
export function hoistedVariables(literal: FunctionLiteral): readonly Binding[] {
  const found = new Set<Binding>();
  const visit = (node: Node): void => {
    if (isFunction(node) || node.type === "ClassLiteral") return;
    if ((node.type === "Declare" && node.kind === "var") || (node.type === "ForEach" && node.declares === "var")) {
      for (const binding of targets(node.target)) if (binding.kind === "var") found.add(binding);
    }
    forEachPart(node, visit);
  };
  literal.body.forEach(visit);
  return [...found];
}

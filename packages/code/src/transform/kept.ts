import type { Binding } from "../syntax/binding.ts";
import type { FunctionLiteral, Node } from "../syntax/tree.ts";
import { isFunction, walk } from "../syntax/walk.ts";

/**
 * Methods that call the function that they are given and forget it: what stands directly among their arguments is made for the call
 * alone. Anything else that takes a function may keep it.
 */
const forgetful: ReadonlySet<string> = new Set(
  `map filter reduce reduceRight forEach some every find findIndex findLast findLastIndex flatMap sort toSorted replace replaceAll`.split(
    " ",
  ),
);

/** A function whose value somebody may hold when its statement is over. */
export interface Kept {
  /** The name that JavaScript gives it by its place. */
  readonly name: string | null;
  /** It is written as a method, `name() {}`. */
  readonly method: boolean;
}

/**
 * The functions of a definition that may be alive as values across a yield: those in arrays, objects, assignments, arguments, results
 * and operations. A function that is only called, or given to a method such as `map`, is not among them, nor is one bound to a name that is
 * only used so: making those costs nothing more than in JavaScript.
 */
export function keptFunctions(root: Node): ReadonlyMap<FunctionLiteral, Kept> {
  const passing = new Set<Node>();
  const names = new Map<FunctionLiteral, string>();
  const methods = new Set<FunctionLiteral>();
  const bound = new Set<FunctionLiteral>();
  walk(root, (node) => {
    switch (node.type) {
      case "Call":
        passing.add(node.callee);
        if (
          node.callee.type === "Access" &&
          node.callee.key.type === "NamedKey" &&
          forgetful.has(node.callee.key.name)
        ) {
          for (const one of node.arguments) passing.add(one);
        }
        break;
      case "New":
        passing.add(node.callee);
        break;
      case "TaggedTemplate":
        passing.add(node.tag);
        break;
      case "Method":
        passing.add(node.value); // It belongs to its class.
        break;
      case "Property":
        if (node.kind === "get" || node.kind === "set" || isPrototype(node.key)) passing.add(node.value);
        if (isFunction(node.value)) {
          if (node.key.type === "NamedKey") names.set(node.value, node.key.name);
          if (node.kind === "method") methods.add(node.value);
        }
        break;
      case "Declare":
        passing.add(node.target);
        if (node.target.type === "Local" && node.value !== null && isFunction(node.value)) {
          names.set(node.value, node.target.binding.name);
          if (node.target.binding.initial === node.value && node.target.binding.constant) bound.add(node.value);
        }
        break;
      case "DeclareFunction":
        names.set(node.value, node.binding.name);
        bound.add(node.value);
        break;
      case "Assign":
      case "Default":
        if (node.target.type === "Local" && isFunction(node.value)) names.set(node.value, node.target.binding.name);
        break;
      default:
    }
  });

  const kept = new Map<FunctionLiteral, Kept>();
  const keep = (literal: FunctionLiteral): void => {
    if (literal !== root) kept.set(literal, { name: names.get(literal) ?? null, method: methods.has(literal) });
  };
  walk(root, (node) => {
    if (passing.has(node)) return;
    if (isFunction(node) && !bound.has(node)) keep(node);
    const initial = node.type === "Local" ? functionOf(node.binding) : null;
    if (initial !== null) keep(initial);
  });
  return kept;
}

/** The function that a name is bound to where it is declared. */
function functionOf({ initial }: Binding): FunctionLiteral | null {
  return initial !== null && isFunction(initial as Node) ? (initial as FunctionLiteral) : null;
}

/** `{ __proto__: x }` is no property. */
function isPrototype(key: Node): boolean {
  return key.type === "NamedKey" && key.name === "__proto__";
}

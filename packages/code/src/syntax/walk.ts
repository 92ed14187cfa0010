import type { Binding } from "./binding.ts";
import { fields, type FunctionLiteral, type Node, type Pattern, type Rest } from "./tree.ts";

const fieldNames = Object.fromEntries(
  Object.entries(fields).map(([type, named]) => [type, Object.keys(named)]),
) as unknown as Readonly<Record<Node["type"], readonly string[]>>;

/** The fields of a node, by name, in the order in which they are hashed. */
export function fieldsOf(type: Node["type"]): readonly string[] {
  return fieldNames[type];
}

/** Calls `visit` with each direct part of `node`, in source order. */
export function forEachPart(node: Node, visit: (part: Node) => void): void {
  for (const field of fieldNames[node.type]) {
    const value = (node as unknown as Record<string, unknown>)[field];
    if (Array.isArray(value)) {
      for (const element of value) if (isNode(element)) visit(element);
    } else if (isNode(value)) {
      visit(value);
    }
  }
}

/** Calls `visit` with `node` and everything in it, outside in; `visit` returns false to stay out of a node. */
export function walk(node: Node, visit: (part: Node) => boolean | void): void {
  if (visit(node) === false) return;
  forEachPart(node, (part) => walk(part, visit));
}

/** Whether `node` itself, outside nested functions, holds a node that `matches`. */
export function contains(node: Node, matches: (part: Node) => boolean): boolean {
  let found = false;
  walk(node, (part) => {
    if (found) return false;
    if (matches(part)) found = true;
    return !found && !isFunction(part);
  });
  return found;
}

export function isFunction(node: Node): node is FunctionLiteral {
  return node.type === "FunctionLiteral";
}

/** The variables that a pattern gives values to. */
export function targets(pattern: Pattern | Rest, into: Binding[] = []): readonly Binding[] {
  switch (pattern.type) {
    case "Local":
      into.push(pattern.binding);
      break;
    case "Default":
    case "Rest":
      targets(pattern.target, into);
      break;
    case "ObjectPattern":
      for (const property of pattern.properties) targets(property.type === "Rest" ? property : property.value, into);
      break;
    case "ArrayPattern":
      for (const element of pattern.elements) if (element !== null) targets(element, into);
      break;
    default:
  }
  return into;
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value;
}

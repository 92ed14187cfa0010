import type { Binding } from "./binding.ts";
import { fields, type FunctionLiteral, type Node, type Pattern, type Rest } from "./tree.ts";

type FieldNames = Readonly<Record<Node["type"], readonly string[]>>;

const fieldNames = Object.fromEntries(
  Object.entries(fields).map(([type, named]) => [type, Object.keys(named)]),
) as unknown as FieldNames;

/** Those that hold nodes. */
const partNames = Object.fromEntries(
  Object.entries(fields).map(([type, named]) => [
    type,
    Object.entries<boolean>(named).flatMap(([name, holdsNodes]) => (holdsNodes ? [name] : [])),
  ]),
) as unknown as FieldNames;

/** The fields of a node, by name, in the order in which they are hashed. */
export function fieldsOf(type: Node["type"]): readonly string[] {
  return fieldNames[type];
}

/** Calls `visit` with each direct part of `node`, in source order. */
export function forEachPart(node: Node, visit: (part: Node) => void): void {
  for (const name of partNames[node.type]) {
    const value = partsIn(node, name);
    if (value === null) continue;
    if (!Array.isArray(value)) visit(value as Node);
    else for (const element of value as readonly (Node | null)[]) if (element !== null) visit(element);
  }
}

/** Calls `visit` with `node` and everything in it, outside in; `visit` returns false to stay out of a node. */
export function walk(node: Node, visit: (part: Node) => boolean | void): void {
  if (visit(node) === false) return;
  // As `forEachPart`, without a closure for each node.
  for (const name of partNames[node.type]) {
    const value = partsIn(node, name);
    if (value === null) continue;
    if (!Array.isArray(value)) walk(value as Node, visit);
    else for (const element of value as readonly (Node | null)[]) if (element !== null) walk(element, visit);
  }
}

function partsIn(node: Node, name: string): Node | readonly (Node | null)[] | null {
  return (node as unknown as Record<string, Node | readonly (Node | null)[] | null>)[name] ?? null;
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

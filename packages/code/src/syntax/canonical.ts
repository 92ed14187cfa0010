import { Binding, Label } from "./binding.ts";
import type { Node } from "./tree.ts";
import { fieldsOf } from "./walk.ts";

/**
 * A tree as text, one text per meaning: locals and labels by the order in which they occur, free names by what `resolve` says that
 * they stand for. Every field of every node is in it, so two trees with one canonical text print to the same code up to the names of
 * locals.
 *
 * The text is an S-expression: `(Type field …)`, lists in brackets, strings quoted, absent parts `_`.
 */
export function canonical(tree: Node, resolve: (name: string) => string): string {
  const numbers = new Map<Binding | Label, number>();
  const numbered = (key: Binding | Label): number => {
    const known = numbers.get(key);
    if (known !== undefined) return known;
    numbers.set(key, numbers.size);
    return numbers.size - 1;
  };

  const write = (value: unknown): string => {
    if (value === null) return "_";
    if (Array.isArray(value)) return `[${value.map(write).join(" ")}]`;
    if (value instanceof Binding) return `$${numbered(value)}`;
    if (value instanceof Label) return `@${numbered(value)}`;
    switch (typeof value) {
      case "string":
        return JSON.stringify(value);
      case "number":
        return String(value); // Never negative: a sign is an operator.
      case "boolean":
        return value ? "true" : "false";
      default:
        return node(value as Node);
    }
  };

  const node = (tree: Node): string => {
    if (tree.type === "Free") return `(Free ${JSON.stringify(resolve(tree.name))})`;
    const parts = fieldsOf(tree.type).map((field) => write((tree as unknown as Record<string, unknown>)[field]));
    return `(${[tree.type, ...parts].join(" ")})`;
  };

  return node(tree);
}

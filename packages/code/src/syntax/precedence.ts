import type { Expression, Node, Pattern, Place } from "./tree.ts";
import { walk } from "./walk.ts";

/** How tightly expressions hold together; operands that hold less get parentheses. */
export const precedence = {
  sequence: 0,
  assignment: 1,
  conditional: 2,
  logical: 3,
  unary: 14,
  update: 15,
  call: 17,
  primary: 18,
} as const;

const binaryOperators: readonly (readonly string[])[] = [
  ["|"],
  ["^"],
  ["&"],
  ["==", "!=", "===", "!=="],
  ["<", "<=", ">", ">=", "in", "instanceof"],
  ["<<", ">>", ">>>"],
  ["+", "-"],
  ["*", "/", "%"],
  ["**"],
];
const binaryPrecedence = new Map(
  binaryOperators.flatMap((operators, level) => operators.map((operator) => [operator, 5 + level])),
);
export const exponent = 13;

/** How tightly `node` holds together. */
export function precedenceOf(node: Expression): number {
  switch (node.type) {
    case "Sequence":
      return precedence.sequence;
    case "Yield":
    case "Assign":
      return precedence.assignment;
    case "FunctionLiteral":
      return node.arrow ? precedence.assignment : precedence.primary;
    case "Conditional":
      return precedence.conditional;
    case "Logical":
      return precedence.logical;
    case "Binary":
      return binaryPrecedence.get(node.operator) as number;
    case "HasPrivate":
      return binaryPrecedence.get("in") as number;
    case "Unary":
    case "Await":
      return precedence.unary;
    case "Update":
      return precedence.update;
    case "Call":
    case "New":
    case "Access":
    case "Chain":
    case "TaggedTemplate":
      return precedence.call;
    default:
      return precedence.primary;
  }
}

/** The expression that the text of `node` begins with. */
export function leftmost(node: Expression): Expression {
  switch (node.type) {
    case "Sequence":
      return leftmost(node.expressions[0] as Expression);
    case "Assign":
      return node.target.type === "Access" ? leftmost(node.target) : (objectLike(node.target, node.place) ?? node);
    case "Conditional":
      return leftmost(node.test);
    case "Logical":
    case "Binary":
      return leftmost(node.left);
    case "Update":
      return node.prefix || node.target.type === "Local" ? node : leftmost(node.target);
    case "Call":
      return leftmost(node.callee);
    case "Access":
      return leftmost(node.object);
    case "Chain":
      return leftmost(node.expression);
    case "TaggedTemplate":
      return leftmost(node.tag);
    default:
      return node;
  }
}

/** An object pattern begins like an object literal. */
function objectLike(target: Pattern, place: Place): Expression | null {
  return target.type === "ObjectPattern" ? { type: "ObjectLiteral", place, properties: [] } : null;
}

/** Whether an expression statement would be taken for a block, a declaration or a directive. */
export function startsLikeStatement(node: Expression): boolean {
  const first = leftmost(node);
  if (first.type === "Literal") return typeof first.value === "string";
  return (
    first.type === "ObjectLiteral" ||
    first.type === "ClassLiteral" ||
    (first.type === "FunctionLiteral" && !first.arrow)
  );
}

export function startsWithSign(node: Expression): boolean {
  const first = node.type === "Update" && !node.prefix ? node.target : node;
  return (first.type === "Unary" || first.type === "Update") && /^[+-]/.test(first.operator);
}

/** `new` takes the first call that it finds for its own arguments. */
export function isNewable(callee: Expression): boolean {
  if (callee.type === "Access") return isNewable(callee.object);
  return (
    callee.type === "Local" || callee.type === "Free" || callee.type === "Keyword" || callee.type === "ClassLiteral"
  );
}

/** A bare `in` would end the header of a loop. */
export function holdsIn(node: Node): boolean {
  let found = false;
  walk(node, (part) => {
    if (part.type === "HasPrivate" || (part.type === "Binary" && part.operator === "in")) found = true;
  });
  return found;
}

import {
  type ArrowFunctionExpression,
  type ClassExpression,
  type Expression,
  type FunctionExpression,
  parse,
} from "acorn";
import { DefinitionError } from "../errors.ts";

export type ParsedFunction = FunctionExpression | ArrowFunctionExpression | ClassExpression;

/** One function or class, and by how many columns its first line was shifted to make an expression of it. */
export interface Parsed {
  readonly node: ParsedFunction;
  readonly shift: number;
}

/**
 * Parses the text of one function or class, as `Function.prototype.toString` gives it; a method's short form is accepted too.
 *
 * @throws DefinitionError when the text is anything else, such as that of a bound or a native function.
 */
export function parseFunction(text: string, name: string): Parsed {
  const node = onlyExpression(`(${text}\n)`);
  if (isFunctionOrClass(node)) return { node, shift: 1 };
  const method = shortMethod(onlyExpression(`({${text}\n})`));
  if (isFunctionOrClass(method)) return { node: method, shift: 2 };
  const trouble = node instanceof SyntaxError ? ` (${node.message})` : "";
  throw new DefinitionError(
    `${name}: expected a function or class whose source can be read, got ${excerpt(text)}${trouble}`,
  );
}

/**
 * Parses the text of one expression.
 *
 * @throws DefinitionError when it is none.
 */
export function parseExpression(text: string, name: string): Expression {
  const node = onlyExpression(`(${text}\n)`);
  if (node instanceof SyntaxError) throw new DefinitionError(`${name}: expected one expression, got ${excerpt(text)}`);
  return node;
}

/** The one expression that `source` consists of: nothing else may hide behind it. */
function onlyExpression(source: string): Expression | SyntaxError {
  try {
    const [only, ...more] = parse(source, { ecmaVersion: "latest", sourceType: "module", locations: true }).body;
    if (only?.type === "ExpressionStatement" && more.length === 0) return only.expression;
    return new SyntaxError("more than one expression");
  } catch (error) {
    return new SyntaxError(String(error), { cause: error });
  }
}

function shortMethod(literal: Expression | SyntaxError): Expression | SyntaxError {
  if (literal instanceof SyntaxError || literal.type !== "ObjectExpression") return new SyntaxError("not a method");
  const [only, ...more] = literal.properties;
  return only?.type === "Property" && only.method && more.length === 0 ? only.value : new SyntaxError("not a method");
}

function isFunctionOrClass(node: Expression | SyntaxError): node is ParsedFunction {
  if (node instanceof SyntaxError) return false;
  return ["FunctionExpression", "ArrowFunctionExpression", "ClassExpression"].includes(node.type);
}

function excerpt(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}

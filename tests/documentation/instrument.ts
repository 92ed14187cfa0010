import { stripTypeScriptTypes } from "node:module";
import { type Comment, type Node, parse } from "acorn";

/** An example as a module that reports every `// => value` to `check` (see check.ts). */
export interface Instrumented {
  readonly code: string;
  /** The lines of the example, from 1, that promise a value. */
  readonly promises: readonly number[];
}

/**
 * Turns each `// => value` into a check of the statement that ends before it: an expression, a `return`, or a `const`.
 * Lines stay where they are, so that errors name the line of the documentation.
 *
 * @param checkFrom the module that exports `check`
 * @throws SyntaxError when the example does not parse, or nothing that has a value stands before a `// =>`
 */
export function instrument(example: string, checkFrom: string): Instrumented {
  const comments: Comment[] = [];
  // Types become blanks, so the offsets of what remains are those of the example.
  const program = parse(stripTypeScriptTypes(example), {
    ecmaVersion: "latest",
    sourceType: "module",
    locations: true,
    onComment: comments,
  });
  const statements = [...statementsIn(program)];
  const promises: number[] = [];
  const edits: { at: number; text: string }[] = [];
  for (const comment of comments) {
    const expected = /^ => (.+)$/.exec(comment.value)?.[1];
    if (comment.type !== "Line" || expected === undefined) continue;
    const line = comment.loc?.start.line ?? 0;
    const end = example.slice(0, comment.start).trimEnd().length;
    const statement = statements.find((candidate) => candidate.end === end);
    if (statement === undefined) throw new SyntaxError(`line ${line}: no statement with a value ends before "// =>"`);
    const semicolon = example[end - 1] === ";" ? end - 1 : end;
    promises.push(line);
    if (statement.type === "VariableDeclaration") {
      edits.push({ at: end, text: ` __check(${line}, ${statement.name}, ${expected});` });
    } else {
      edits.push({ at: statement.valueStart, text: ` __check(${line}, ` });
      edits.push({ at: semicolon, text: `, ${expected})` });
    }
  }
  let code = example;
  for (const { at, text } of edits.toSorted((a, b) => b.at - a.at)) code = code.slice(0, at) + text + code.slice(at);
  const imports = promises.length === 0 ? "" : `import { check as __check } from ${JSON.stringify(checkFrom)}; `;
  return { code: imports + code, promises };
}

interface Statement {
  readonly type: "ExpressionStatement" | "ReturnStatement" | "VariableDeclaration";
  readonly end: number;
  /** Where the value's text begins. */
  readonly valueStart: number;
  /** What a declaration declares. */
  readonly name: string;
}

/** The statements with a value, at any depth. */
function* statementsIn(node: Node): Generator<Statement, void> {
  const { type, start, end } = node;
  if (type === "ExpressionStatement") yield { type, end, valueStart: start, name: "" };
  if (type === "ReturnStatement") yield { type, end, valueStart: start + "return".length, name: "" };
  if (type === "VariableDeclaration") {
    const [only, ...more] = (node as Node & { declarations: { id: { type: string; name: string } }[] }).declarations;
    if (only?.id.type === "Identifier" && more.length === 0) yield { type, end, valueStart: start, name: only.id.name };
  }
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (typeof child === "object" && child !== null && typeof child.type === "string") yield* statementsIn(child);
    }
  }
}

import { refuse } from "./errors.ts";
import { environmentOfGenerator } from "./transform/unit.ts";
import type { Call, ClassLiteral, FunctionLiteral, Node, TaggedTemplate, Yield } from "./syntax/tree.ts";
import { contains, forEachPart, isFunction, walk } from "./syntax/walk.ts";

/**
 * What a remote definition may not hold, beyond what no definition may: all of it is found here, when it is defined, so that the
 * compiler later meets nothing that it cannot move.
 *
 * @throws DefinitionError naming the line and what to write instead.
 */
export function checkRemote(root: FunctionLiteral | ClassLiteral, name: string): asserts root is FunctionLiteral {
  const problem = (node: Node, what: string): never => refuse(name, what, node.place.line);
  if (!isFunction(root) || !root.generator)
    return problem(root, "a remote definition is a function*; a plain function is defined with fn");
  const inner: FunctionLiteral[] = [];
  const visit = (node: Node, parent: Node | null): void => {
    if (isFunction(node) && node.generator) {
      checkGenerator(node, parent, problem);
      if (node !== root) inner.push(node);
    }
    forEachPart(node, (part) => visit(part, node));
  };
  visit(root, null);
  for (const literal of inner) environmentOfGenerator(literal, root, name);
}

type Problem = (node: Node, what: string) => never;

function checkGenerator(literal: FunctionLiteral, parent: Node | null, problem: Problem): void {
  if (literal.async) problem(literal, "async function* cannot move; use function*, and Remote.promise for promises");
  if (parent?.type === "Method")
    problem(
      literal,
      "a generator method of a class cannot move; declare a remote that takes the object as an argument",
    );
  for (const part of [...literal.parameters, ...literal.body]) {
    walk(part, (node) => {
      if (isFunction(node)) {
        if (node.arrow) checkKeywords(node, problem);
        return false;
      }
      checkNode(node, problem);
      return node.type !== "ClassLiteral";
    });
  }
}

function checkNode(node: Node, problem: Problem): void {
  switch (node.type) {
    case "Keyword":
      problem(node, `\`${node.keyword}\` is not available in a function* that moves; pass it as an argument`);
      break;
    case "Yield":
      if (!node.delegate)
        problem(
          node,
          "use `yield*`, not `yield`: each step of a computation that moves is an operation (a generator of plain values belongs in an fn)",
        );
      break;
    case "Call":
    case "TaggedTemplate":
      checkCalled(node, problem);
      break;
    case "Switch":
      for (const statement of node.cases.flatMap((one) => one.body)) {
        if (statement.type === "Declare" && statement.kind === "using")
          problem(statement, "`using` directly in a case is not supported; put the case's statements into a block");
      }
      break;
    case "ClassLiteral":
      checkClass(node, problem);
      break;
    default:
  }
}

/** `(a?.b)(yield* c)`: what is called would lose its `this`. */
function checkCalled(node: Call | TaggedTemplate, problem: Problem): void {
  const called = node.type === "Call" ? node.callee : node.tag;
  if (called.type === "Chain" && asks(node))
    problem(node, "yield* in a call of an optional chain in parentheses is not supported; leave the parentheses out");
}

/** A class is made again where its frame is entered again: whatever making it does would be done again. */
function checkClass(node: ClassLiteral, problem: Problem): void {
  const { superclass } = node;
  if (superclass !== null && superclass.type !== "Free" && superclass.type !== "Local") {
    problem(superclass, "a class inside a function* that moves can only extend a name");
  }
  for (const member of node.members) {
    if (
      member.type === "StaticBlock" ||
      (member.type === "Field" && member.static) ||
      member.key.type === "ComputedKey"
    ) {
      problem(
        member,
        "a class inside a function* that moves has no static state and no computed names; declare it outside, as a dependency",
      );
    }
  }
}

/** An arrow has the `this` of the generator around it, which has none. */
function checkKeywords(arrow: FunctionLiteral, problem: Problem): void {
  walk(arrow, (node) => {
    if (node.type === "Keyword")
      problem(node, `\`${node.keyword}\` is not available in a function* that moves; pass it as an argument`);
    return !(isFunction(node) && !node.arrow) && node.type !== "ClassLiteral";
  });
}

function asks(node: Node): boolean {
  return contains(node, (part): part is Yield => part.type === "Yield");
}

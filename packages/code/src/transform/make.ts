import type { Binding, Label } from "../syntax/binding.ts";
import type {
  Access,
  Block,
  Evaluate,
  Expression,
  Free,
  Literal,
  Local,
  Pattern,
  Place,
  Statement,
} from "../syntax/tree.ts";
import type { Run } from "./step.ts";

// The few pieces of tree that the compiler adds.

export function local(binding: Binding, place: Place): Local {
  return { type: "Local", place, binding };
}

export function literal(value: Literal["value"], place: Place): Literal {
  return { type: "Literal", place, value };
}

export function nothing(place: Place): Expression {
  return { type: "Unary", place, operator: "void", argument: literal(0, place) };
}

/** A function of the runtime, such as `%iterate`. The per cent sign keeps it apart from any name that an author can write. */
export function runtimeCall(name: `%${string}`, values: readonly Expression[], place: Place): Expression {
  const callee: Free = { type: "Free", place, name };
  return { type: "Call", place, callee, arguments: values, optional: false };
}

export function property(object: Expression, name: string, place: Place): Access {
  return { type: "Access", place, object, key: { type: "NamedKey", place, name }, optional: false };
}

export function binary(left: Expression, operator: string, right: Expression): Expression {
  return { type: "Binary", place: left.place, operator, left, right };
}

export function not(argument: Expression): Expression {
  return { type: "Unary", place: argument.place, operator: "!", argument };
}

/** `target = value`. */
export function assign(target: Pattern, value: Expression): Expression {
  return { type: "Assign", place: value.place, operator: "=", target, value };
}

export function evaluate(expression: Expression, place: Place = expression.place): Evaluate {
  return { type: "Evaluate", place, expression };
}

export function block(body: readonly Statement[], place: Place): Block {
  return { type: "Block", place, body };
}

export function run(statement: Statement, always = false): Run {
  return { kind: "run", statement, always };
}

/** `binding = value;` */
export function set(binding: Binding, value: Expression, place: Place = value.place): Run {
  return run(evaluate(assign(local(binding, place), value), place));
}

/** `if (!test) break;` */
export function breakUnless(test: Expression): Run {
  const { place } = test;
  return run({
    type: "If",
    place,
    test: not(test),
    consequent: block([{ type: "Break", place, label: null }], place),
    alternate: null,
  });
}

/** `break label;` */
export function breakTo(label: Label, place: Place): Statement {
  return { type: "Break", place, label };
}

import type { Binding } from "../syntax/binding.ts";
import type {
  Access,
  Assign,
  Call,
  Chain,
  Conditional,
  Expression,
  Key,
  Logical,
  New,
  ObjectLiteral,
  Pattern,
  Property,
  Spread,
  Unary,
  Yield,
} from "../syntax/tree.ts";
import { PatternLowering } from "./lower-pattern.ts";
import { assign, binary, evaluate, literal, local, not, nothing, run, set } from "./make.ts";
import type { Step } from "./step.ts";
import type { Unit } from "./unit.ts";

/**
 * Takes expressions that yield apart: what happens up to the last yield becomes steps, in the order in which JavaScript does it, and
 * what is left is an expression without yields, to be evaluated right after them.
 *
 * One difference from JavaScript: the function of a call whose arguments yield is looked up after them. Held before, it would have to
 * travel.
 */
export class ExpressionLowering {
  readonly #unit: Unit;
  readonly patterns: PatternLowering;

  constructor(unit: Unit) {
    this.#unit = unit;
    this.patterns = new PatternLowering(unit, this);
  }

  value(node: Expression, out: Step[]): Expression {
    if (!this.#unit.facts.asks(node)) return node;
    switch (node.type) {
      case "Yield": {
        const result = this.#unit.intermediate(node.place);
        this.ask(node, result, out);
        return local(result, node.place);
      }
      case "Binary": {
        const [left, right] = this.#inOrder([node.left, node.right], out) as [Expression, Expression];
        return { ...node, left, right };
      }
      case "Logical":
        return this.#logical(node, out);
      case "Conditional":
        return this.#conditional(node, out);
      case "Sequence": {
        const last = node.expressions.length - 1;
        for (const expression of node.expressions.slice(0, last)) out.push(run(evaluate(this.value(expression, out))));
        return this.value(node.expressions[last] as Expression, out);
      }
      case "Assign":
        return this.#assign(node, out);
      case "Unary":
        return this.#unary(node, out);
      case "Update":
        return { ...node, target: this.target(node.target, out) };
      case "HasPrivate":
        return { ...node, object: this.value(node.object, out) };
      case "Access":
        return this.#access(node, out);
      case "Chain":
        return this.#chain(node, out);
      case "Call":
        return this.#call(node, out);
      case "New":
        return this.#new(node, out);
      case "ArrayLiteral":
        return { ...node, elements: this.#inOrder(node.elements, out) };
      case "ObjectLiteral":
        return this.#object(node, out);
      case "TaggedTemplate": {
        const tag = this.#called(node.tag, node.values, out);
        return { ...node, tag, values: this.#inOrder(node.values, out) as Expression[] };
      }
      case "Template":
        return { ...node, values: this.#inOrder(node.values, out) as Expression[] };
      default:
        throw new Error(`a yield inside ${node.type}: the rules let none through`);
    }
  }

  /** `target = yield* argument`, as a step. */
  ask(node: Yield, target: Binding | null, out: Step[]): void {
    const argument = this.value(node.argument as Expression, out);
    out.push({ kind: "ask", place: node.place, argument, target });
  }

  /** Evaluates in order: everything before the last yield is held in temporaries. */
  #inOrder<Part extends Expression | Spread | null>(
    parts: readonly Part[],
    out: Step[],
  ): readonly (Expression | Spread | Extract<Part, null>)[] {
    const last = parts.findLastIndex((part) => part !== null && this.#unit.facts.asks(part));
    const evaluated = parts.map((part: Expression | Spread | null, index) => {
      if (part === null) return null;
      if (part.type !== "Spread") return index < last ? this.#held(part, out) : this.value(part, out);
      const argument = this.value(part.argument, out);
      if (index >= last) return { ...part, argument };
      const copy: Expression = { type: "ArrayLiteral", place: part.place, elements: [{ ...part, argument }] };
      return { ...part, argument: this.hold(copy, out) };
    });
    return evaluated as (Expression | Spread | Extract<Part, null>)[];
  }

  /** The value of `node`, kept while later yields are waited for. */
  #held(node: Expression, out: Step[]): Expression {
    const value = this.value(node, out);
    return isStable(node) ? value : this.hold(value, out);
  }

  /** A value, kept in a variable that can travel. */
  hold(value: Expression, out: Step[]): Expression {
    const held = this.#unit.intermediate(value.place);
    out.push(set(held, value));
    return local(held, value.place);
  }

  #logical(node: Logical, out: Step[]): Expression {
    const { place } = node;
    const result = this.#unit.intermediate(place);
    out.push(set(result, this.value(node.left, out)));
    const consequent: Step[] = [];
    consequent.push(set(result, this.value(node.right, consequent)));
    out.push({
      kind: "branch",
      place,
      test: continues(node.operator, local(result, place)),
      consequent,
      alternate: [],
    });
    return local(result, place);
  }

  #conditional(node: Conditional, out: Step[]): Expression {
    const { place } = node;
    const result = this.#unit.intermediate(place);
    const test = this.value(node.test, out);
    const consequent: Step[] = [];
    consequent.push(set(result, this.value(node.consequent, consequent)));
    const alternate: Step[] = [];
    alternate.push(set(result, this.value(node.alternate, alternate)));
    out.push({ kind: "branch", place, test, consequent, alternate });
    return local(result, place);
  }

  #unary(node: Unary, out: Step[]): Expression {
    if (node.operator === "delete" && node.argument.type === "Chain") return this.#chain(node.argument, out, true);
    if (node.operator !== "delete") return { ...node, argument: this.value(node.argument, out) };
    const argument =
      node.argument.type === "Access" ? this.#access(node.argument, out) : this.value(node.argument, out);
    return { ...node, argument };
  }

  // Assignment

  #assign(node: Assign, out: Step[]): Expression {
    const { place, operator } = node;
    if (node.target.type !== "Access" && this.#unit.facts.asks(node.target)) {
      const value = this.hold(this.value(node.value, out), out);
      this.patterns.assign(node.target, value, out);
      return value;
    }
    const target = this.target(node.target, out);
    if (operator === "=") return { ...node, target, value: this.value(node.value, out) };
    const reference = target as Access;
    if (operator === "&&=" || operator === "||=" || operator === "??=") {
      const result = this.#unit.intermediate(place);
      out.push(set(result, reference, place));
      const consequent: Step[] = [];
      const value = assign(local(result, place), this.value(node.value, consequent));
      consequent.push(run(evaluate(assign(reference, value), place)));
      out.push({
        kind: "branch",
        place,
        test: continues(operator.slice(0, 2), local(result, place)),
        consequent,
        alternate: [],
      });
      return local(result, place);
    }
    const before = this.hold(reference, out);
    return assign(reference, binary(before, operator.slice(0, -1), this.value(node.value, out)));
  }

  /** What is assigned to, with its parts evaluated once. */
  target<Target extends Pattern>(node: Target, out: Step[]): Target {
    if (node.type !== "Access") return node;
    return { ...node, object: this.#held(node.object, out), key: this.#heldKey(node.key, out) };
  }

  // Access and calls

  #access(node: Access, out: Step[]): Access {
    if (!this.#unit.facts.asks(node.key)) return { ...node, object: this.value(node.object, out) };
    return { ...node, object: this.#held(node.object, out), key: this.#keyValue(node.key, out) };
  }

  #heldKey(key: Key, out: Step[]): Key {
    return key.type === "ComputedKey" ? { ...key, expression: this.#held(key.expression, out) } : key;
  }

  #call(node: Call, out: Step[]): Expression {
    const callee = this.#called(node.callee, node.arguments, out);
    return { ...node, callee, arguments: this.#inOrder(node.arguments, out) };
  }

  #new(node: New, out: Step[]): Expression {
    const callee = this.#called(node.callee, node.arguments, out);
    return { ...node, callee, arguments: this.#inOrder(node.arguments, out) };
  }

  /** What is called: evaluated before the arguments, except that a name or a method is looked up when they are there. */
  #called(callee: Expression, values: readonly (Expression | Spread)[], out: Step[]): Expression {
    if (!values.some((one) => this.#unit.facts.asks(one))) return this.value(callee, out);
    if (callee.type === "Access") return this.target(callee, out);
    return callee.type === "Local" ? callee : this.#held(callee, out);
  }

  /** `a?.b(yield* c)`: each optional link opens a branch that the rest of the chain goes on in. */
  #chain(node: Chain, out: Step[], deletes = false): Expression {
    const { place } = node;
    const result = this.#unit.intermediate(place);
    out.push(set(result, deletes ? literal(true, place) : nothing(place), place));
    const links: (Call | Access)[] = [];
    let head: Expression = node.expression;
    while (head.type === "Call" || head.type === "Access") {
      links.unshift(head);
      head = head.type === "Call" ? head.callee : head.object;
    }
    let steps = out;
    let value: Expression = this.value(head, steps);
    for (const link of links) {
      if (link.optional) {
        const tested =
          value.type === "Access" && link.type === "Call" ? this.#heldReference(value, steps) : this.hold(value, steps);
        const consequent: Step[] = [];
        const test = binary(tested, "!=", literal(null, place));
        steps.push({ kind: "branch", place, test, consequent, alternate: [] });
        steps = consequent;
        value = tested;
      }
      value = this.#link(link, value, steps);
    }
    steps.push(set(result, deletes ? { type: "Unary", place, operator: "delete", argument: value } : value, place));
    return local(result, place);
  }

  #link(link: Call | Access, before: Expression, out: Step[]): Expression {
    if (link.type === "Access") {
      const object = this.#unit.facts.asks(link.key) ? this.#held(before, out) : before;
      return this.#access({ ...link, object, optional: false }, out);
    }
    const argumentsAsk = link.arguments.some((one) => this.#unit.facts.asks(one));
    let callee = before;
    if (argumentsAsk) callee = before.type === "Access" ? this.#heldReference(before, out) : this.#held(before, out);
    return { ...link, callee, arguments: this.#inOrder(link.arguments, out), optional: false };
  }

  /** A method to be called later: its object is held, itself it is looked up again. */
  #heldReference(node: Access, out: Step[]): Access {
    return { ...node, object: this.#held(node.object, out), key: this.#heldKey(node.key, out) };
  }

  // Literals

  #object(node: ObjectLiteral, out: Step[]): Expression {
    const last = node.properties.findLastIndex((part) => this.#unit.facts.asks(part));
    const properties = node.properties.map((part, index): Property | Spread => {
      if (part.type === "Spread") {
        const argument = this.value(part.argument, out);
        if (index >= last) return { ...part, argument };
        const copy: Expression = { type: "ObjectLiteral", place: part.place, properties: [{ ...part, argument }] };
        return { ...part, argument: this.hold(copy, out) };
      }
      if (index > last) return part;
      const key =
        part.key.type === "ComputedKey" && (index < last || this.#unit.facts.asks(part.value))
          ? this.#heldKey(part.key, out)
          : this.#keyValue(part.key, out);
      if (part.kind !== "value") return { ...part, key };
      return { ...part, key, value: index < last ? this.#held(part.value, out) : this.value(part.value, out) };
    });
    return { ...node, properties };
  }

  #keyValue(key: Key, out: Step[]): Key {
    return key.type === "ComputedKey" ? { ...key, expression: this.value(key.expression, out) } : key;
  }
}

/** Whether a logical operator goes on to its right side, given its left. */
function continues(operator: string, left: Expression): Expression {
  if (operator === "&&") return left;
  return operator === "||" ? not(left) : binary(left, "==", literal(null, left.place));
}

/** An expression whose value cannot change while a yield is waited for, and whose evaluation nobody can see. */
function isStable(node: Expression): boolean {
  switch (node.type) {
    case "Literal":
    case "BigInteger":
    case "Free":
    case "Keyword":
      return true;
    case "FunctionLiteral":
      return true;
    case "Local":
      return node.binding.constant;
    default:
      return false;
  }
}

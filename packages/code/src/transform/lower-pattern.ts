import type { Binding } from "../syntax/binding.ts";
import type { ArrayPattern, Default, Expression, Key, ObjectPattern, Pattern, Place, Rest } from "../syntax/tree.ts";
import type { ExpressionLowering } from "./lower-expression.ts";
import { assign, binary, evaluate, literal, local, nothing, property, run, runtimeCall, set } from "./make.ts";
import type { Step } from "./step.ts";
import type { Unit } from "./unit.ts";

/** Takes destructuring that yields apart: its parts become steps, in the order in which JavaScript does them. */
export class PatternLowering {
  readonly #unit: Unit;
  readonly #expressions: ExpressionLowering;

  constructor(unit: Unit, expressions: ExpressionLowering) {
    this.#unit = unit;
    this.#expressions = expressions;
  }

  /** `pattern = value`. */
  assign(pattern: Pattern, value: Expression, out: Step[]): void {
    if (!this.#unit.facts.asks(pattern)) {
      out.push(run(evaluate(assign(pattern, value), pattern.place)));
      return;
    }
    switch (pattern.type) {
      case "Access":
        out.push(run(evaluate(assign(this.#expressions.target(pattern, out), value), pattern.place)));
        return;
      case "ObjectPattern":
        return this.#object(pattern, this.#expressions.hold(value, out), out);
      case "ArrayPattern":
        return this.#array(pattern, value, out);
      default:
        throw new Error(`${pattern.type} is no pattern that yields and stands for itself`);
    }
  }

  #object({ properties, place }: ObjectPattern, source: Expression, out: Step[]): void {
    // Throws for null and undefined, and does nothing else.
    out.push(run(evaluate(assign({ type: "ObjectPattern", place, properties: [] }, source), place)));
    const taken: Expression[] = [];
    for (const part of properties) {
      if (part.type === "Rest") {
        const rest = { type: "ArrayLiteral", place, elements: taken } as const;
        this.#element(part.target, () => runtimeCall("%rest", [source, rest], part.place), out);
        continue;
      }
      const [key, named] = this.#key(part.key, out);
      taken.push(named);
      this.#element(
        part.value,
        () => ({ type: "Access", place: part.place, object: source, key, optional: false }),
        out,
      );
    }
  }

  /** A key, evaluated once, and its value. */
  #key(key: Key, out: Step[]): readonly [Key, Expression] {
    const { place } = key;
    if (key.type !== "ComputedKey") return [key, literal(key.name, place)];
    const value = runtimeCall("%key", [this.#expressions.value(key.expression, out)], place);
    const expression = this.#expressions.hold(value, out);
    return [{ type: "ComputedKey", place, expression }, expression];
  }

  /** Over a cursor, which can travel. */
  #array({ elements, place }: ArrayPattern, value: Expression, out: Step[]): void {
    const cursor = this.#unit.temporary(`the iterator of the pattern on line ${place.line}`);
    out.push(set(cursor, runtimeCall("%iterate", [value], place)));
    const body: Step[] = [];
    for (const element of elements) {
      if (element === null) body.push(run(evaluate(call(cursor, "next", place))));
      else if (element.type === "Rest") this.#rest(element, cursor, body);
      else this.#element(element, () => taken(cursor, place), body);
    }
    const finalizer = [run(evaluate(call(cursor, "end", place)))];
    out.push({ kind: "attempt", place, body, handler: null, finalizer });
  }

  #rest({ target, place }: Rest, cursor: Binding, out: Step[]): void {
    this.#element(target, () => runtimeCall("%drain", [local(cursor, place)], place), out);
  }

  /** One part: what it is assigned to comes first, then its value, then the default. */
  #element(target: Pattern, value: () => Expression, out: Step[]): void {
    const inner = target.type === "Default" ? target.target : target;
    const holds = inner.type === "Access" && (target.type === "Default" || this.#unit.facts.asks(inner));
    const reference = holds ? this.#expressions.target(inner, out) : inner;
    if (target.type === "Default") return this.#default({ ...target, target: reference }, value(), out);
    this.assign(reference, value(), out);
  }

  #default({ target, value, place }: Default, given: Expression, out: Step[]): void {
    if (!this.#unit.facts.asks(value) && !this.#unit.facts.asks(target)) {
      const pattern = { type: "ArrayPattern", place, elements: [{ type: "Default", place, target, value }] } as const;
      out.push(run(evaluate(assign(pattern, { type: "ArrayLiteral", place, elements: [given] }), place)));
      return;
    }
    const held = this.#unit.intermediate(place);
    out.push(set(held, given, place));
    const consequent: Step[] = [];
    consequent.push(set(held, this.#expressions.value(value, consequent), place));
    const test = binary(local(held, place), "===", nothing(place));
    out.push({ kind: "branch", place, test, consequent, alternate: [] });
    this.assign(target, local(held, place), out);
  }
}

function call(cursor: Binding, method: "next" | "end", place: Place): Expression {
  const callee = property(local(cursor, place), method, place);
  return { type: "Call", place, callee, arguments: [], optional: false };
}

/** The cursor's next value; undefined at its end. */
function taken(cursor: Binding, place: Place): Expression {
  const consequent = property(local(cursor, place), "value", place);
  return { type: "Conditional", place, test: call(cursor, "next", place), consequent, alternate: nothing(place) };
}

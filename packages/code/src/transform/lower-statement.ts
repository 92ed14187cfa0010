import type { Binding, Label } from "../syntax/binding.ts";
import type { Assign, Declare, Expression, Local, Statement, Yield } from "../syntax/tree.ts";
import { targets } from "../syntax/walk.ts";
import { type Exits, leave, reroutes, within } from "./exits.ts";
import { ExpressionLowering } from "./lower-expression.ts";
import { lowerDoWhile, lowerFor, lowerForEach, lowerWhile } from "./lower-loop.ts";
import { lowerSwitch } from "./lower-switch.ts";
import { lowerTry } from "./lower-try.ts";
import type { Lowering } from "./lowering.ts";
import { assign, evaluate, local, nothing, run, runtimeCall, set } from "./make.ts";
import type { Scope, Step } from "./step.ts";
import type { Unit } from "./unit.ts";

/** Takes the statements of one unit apart. */
export class StatementLowering implements Lowering {
  readonly unit: Unit;
  readonly expressions: ExpressionLowering;

  constructor(unit: Unit) {
    this.unit = unit;
    this.expressions = new ExpressionLowering(unit);
  }

  needsLowering(node: Statement, exits: Exits | null): boolean {
    // A `using` is always taken apart: not every engine that runs compiled code knows it.
    return (
      this.unit.facts.asks(node) || this.unit.facts.disposes(node) || (reroutes(exits) && this.unit.facts.jumps(node))
    );
  }

  block(body: readonly Statement[], exits: Exits | null): Scope {
    const bindings: Binding[] = [];
    for (const statement of body) {
      if (statement.type === "Declare" && statement.kind !== "var") bindings.push(...targets(statement.target));
      if (statement.type === "DeclareClass") bindings.push(statement.binding);
    }
    for (const binding of bindings) this.unit.variables.add(binding);
    const steps: Step[] = [...this.functions(body, bindings)];
    this.#inBlock(body, steps, exits);
    return { kind: "scope", bindings, steps };
  }

  #inBlock(body: readonly Statement[], out: Step[], exits: Exits | null): void {
    const at = body.findIndex((statement) => statement.type === "Declare" && statement.kind === "using");
    for (const statement of at < 0 ? body : body.slice(0, at)) this.statement(statement, out, exits, []);
    if (at >= 0) this.#using(body[at] as Declare, body.slice(at + 1), out, exits);
  }

  /** `using x = value` and what follows it in the block. Disposal does not yield, so the `finally` is JavaScript's own. */
  #using(node: Declare, rest: readonly Statement[], out: Step[], exits: Exits | null): void {
    const { place } = node;
    const { binding } = node.target as Local;
    const value = this.expressions.value(node.value as Expression, out);
    const pending = this.unit.temporary(`the pending error of the block of line ${place.line}`);
    const caught = this.unit.temporary(`the error caught for the using on line ${place.line}`);
    out.push(set(binding, runtimeCall("%use", [value], place), place), set(pending, nothing(place), place));
    const body: Step[] = [];
    this.#inBlock(rest, body, exits);
    const error: Expression = { type: "ArrayLiteral", place, elements: [local(caught, place)] };
    const steps = [set(pending, error, place), run({ type: "Throw", place, argument: local(caught, place) })];
    const disposal = runtimeCall("%dispose", [local(binding, place), local(pending, place)], place);
    out.push({
      kind: "attempt",
      place,
      body,
      handler: { caught, final: false, bindings: [], steps },
      finalizer: [run(evaluate(disposal, place))],
    });
  }

  functions(body: readonly Statement[], bindings: Binding[]): readonly Step[] {
    return body.flatMap((statement): Step[] => {
      if (statement.type !== "DeclareFunction") return [];
      const { binding, value, place } = statement;
      this.unit.variables.add(binding);
      if (!value.generator) return [run(statement, true)];
      bindings.push(binding);
      return [run(evaluate(assign(local(binding, place), value), place), true)];
    });
  }

  declare(node: Declare, out: Step[]): void {
    const { place, target, value } = node;
    if (value === null) {
      if (node.kind !== "var") out.push(run(evaluate(assign(target, nothing(place)), place)));
    } else if (value.type === "Yield" && target.type === "Local") {
      this.expressions.ask(value, target.binding, out);
    } else if (this.unit.facts.asks(target)) {
      this.expressions.patterns.assign(target, this.expressions.hold(this.expressions.value(value, out), out), out);
    } else {
      const always = target.type === "Local" && this.unit.isRemade(target.binding);
      out.push(run(evaluate(assign(target, this.expressions.value(value, out)), place), always));
    }
  }

  statement(node: Statement, out: Step[], exits: Exits | null, labels: readonly Label[]): void {
    const { place } = node;
    if (node.type === "DeclareFunction") return;
    if (node.type === "Declare") return this.declare(node, out);
    if (node.type === "DeclareClass") {
      out.push(run(evaluate(assign(local(node.binding, place), node.value), place), this.unit.isRemade(node.binding)));
      return;
    }
    if (!this.needsLowering(node, exits)) {
      out.push(run(node));
      return;
    }
    const value = this.expressions.value.bind(this.expressions);
    switch (node.type) {
      case "Evaluate": {
        const { expression } = node;
        if (expression.type === "Yield") this.expressions.ask(expression, null, out);
        else if (isDirect(expression)) this.expressions.ask(expression.value, expression.target.binding, out);
        else out.push(run(evaluate(value(expression, out), place)));
        return;
      }
      case "Throw":
        out.push(run({ ...node, argument: value(node.argument, out) }));
        return;
      case "Return":
        out.push(...leave({ ...node, argument: node.argument === null ? null : value(node.argument, out) }, exits));
        return;
      case "Break":
      case "Continue":
        out.push(...leave(node, exits));
        return;
      case "Labeled":
        return this.statement(node.body, out, exits, [...labels, node.label]);
      case "Block":
        return this.#labeled(out, exits, labels, (inside) => [this.block(node.body, inside)]);
      case "If":
        return this.#labeled(out, exits, labels, (inside) => {
          const steps: Step[] = [];
          const test = value(node.test, steps);
          const consequent = [this.block(node.consequent.body, inside)];
          const alternate = node.alternate === null ? [] : [this.block(node.alternate.body, inside)];
          steps.push({ kind: "branch", place, test, consequent, alternate });
          return steps;
        });
      case "For":
        return lowerFor(node, out, exits, labels, this);
      case "ForEach":
        return lowerForEach(node, out, exits, labels, this);
      case "While":
        return lowerWhile(node, out, exits, labels, this);
      case "DoWhile":
        return lowerDoWhile(node, out, exits, labels, this);
      case "Switch":
        return lowerSwitch(node, out, exits, labels, this);
      case "Try":
        return lowerTry(node, out, exits, labels, this);
      default:
        throw new Error(`${node.type} neither yields nor jumps`);
    }
  }

  #labeled(out: Step[], exits: Exits | null, labels: readonly Label[], lower: (inside: Exits | null) => Step[]): void {
    if (labels.length === 0) out.push(...lower(exits));
    else out.push({ kind: "marked", labels, steps: lower(within("labeled", labels, exits)) });
  }
}

/** `x = yield* y`: the answer goes straight into the variable. */
function isDirect(node: Expression): node is Assign & { readonly target: Local; readonly value: Yield } {
  return node.type === "Assign" && node.operator === "=" && node.target.type === "Local" && node.value.type === "Yield";
}

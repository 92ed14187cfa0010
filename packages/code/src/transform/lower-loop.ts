import { type Binding, Label } from "../syntax/binding.ts";
import type { DoWhile, Expression, For, ForEach, Node, While } from "../syntax/tree.ts";
import { isFunction, targets, walk } from "../syntax/walk.ts";
import { type Exits, within } from "./exits.ts";
import type { Lowering } from "./lowering.ts";
import { assign, breakUnless, evaluate, literal, local, not, property, run, runtimeCall, set } from "./make.ts";
import type { Loop, LoopHeader, Step } from "./step.ts";

type Labels = readonly Label[];

export function lowerWhile(node: While, out: Step[], exits: Exits | null, labels: Labels, lowering: Lowering): void {
  const { place, test } = node;
  const body = (): Step => lowering.block(node.body.body, within("loop", labels, exits));
  if (!lowering.unit.facts.asks(test)) {
    out.push({ kind: "loop", place, labels, header: { kind: "while", test }, body: [body()] });
    return;
  }
  const steps: Step[] = [];
  steps.push(breakUnless(lowering.expressions.value(test, steps)), body());
  out.push(endless(node, labels, steps));
}

export function lowerDoWhile(
  node: DoWhile,
  out: Step[],
  exits: Exits | null,
  labels: Labels,
  lowering: Lowering,
): void {
  const { place, test } = node;
  if (!lowering.unit.facts.asks(test)) {
    const body = lowering.block(node.body.body, within("loop", labels, exits));
    out.push({ kind: "loop", place, labels, header: { kind: "do", test }, body: [body] });
    return;
  }
  const next = new Label("next");
  const body = lowering.block(node.body.body, within("loop", labels, exits, next));
  const steps: Step[] = [{ kind: "marked", labels: [next], steps: [body] }];
  steps.push(breakUnless(lowering.expressions.value(test, steps)));
  out.push(endless(node, labels, steps));
}

export function lowerFor(node: For, out: Step[], exits: Exits | null, labels: Labels, lowering: Lowering): void {
  const { place, test, update } = node;
  const { unit } = lowering;
  const bindings = declaredIn(node);
  for (const binding of bindings) {
    unit.variables.add(binding);
    unit.fix(binding);
  }
  const header = [...node.initial, ...(test === null ? [] : [test]), ...(update === null ? [] : [update])];
  if (header.some((part) => unit.facts.asks(part)))
    return lowerYieldingFor(node, bindings, out, exits, labels, lowering);
  const initial = node.initial.flatMap((part): Expression[] => {
    if (part.type === "Evaluate") return [part.expression];
    return part.value === null ? [] : [assign(part.target, part.value)];
  });
  const body = lowering.block(node.body.body, within("loop", labels, exits));
  out.push({ kind: "loop", place, labels, header: { kind: "for", bindings, initial, test, update }, body: [body] });
}

/**
 * A `for` whose header yields: the header becomes part of an endless loop.
 *
 * Each turn has variables of its own when a closure could tell, as in JavaScript: they start as copies of the last turn's, before the
 * update.
 */
function lowerYieldingFor(
  node: For,
  bindings: readonly Binding[],
  out: Step[],
  exits: Exits | null,
  labels: Labels,
  lowering: Lowering,
): void {
  const { place } = node;
  const { unit, expressions } = lowering;
  const copied = bindings.filter((binding) => isCaptured(binding, node));
  const shared = bindings.filter((binding) => !copied.includes(binding));
  const kept = new Map(copied.map((binding) => [binding, unit.temporary(`the loop variable \`${binding.name}\``)]));
  const keep = (): Step[] => [...kept].map(([binding, copy]) => set(copy, local(binding, place)));

  const before: Step[] = [];
  for (const part of node.initial) {
    if (part.type === "Declare") lowering.declare(part, before);
    else before.push(run(evaluate(expressions.value(part.expression, before), part.place)));
  }
  before.push(...keep());

  const turn: Step[] = [...kept].map(([binding, copy]) => set(binding, local(copy, place)));
  const first = unit.temporary(`the state of the loop on line ${place.line}`);
  if (node.update !== null) {
    const update: Step[] = [];
    update.push(run(evaluate(expressions.value(node.update, update))));
    turn.push({
      kind: "branch",
      place: node.update.place,
      test: not(local(first, place)),
      consequent: update,
      alternate: [],
    });
    turn.push(set(first, literal(false, place)));
  }
  if (node.test !== null) turn.push(breakUnless(expressions.value(node.test, turn)));
  const next = new Label("next");
  const body = lowering.block(node.body.body, within("loop", labels, exits, next));
  turn.push({ kind: "marked", labels: [next], steps: [body] }, ...keep());

  const loop = endless(node, labels, [{ kind: "scope", bindings: copied, steps: turn }]);
  const steps: Step[] = [{ kind: "scope", bindings: copied, steps: before }, set(first, literal(true, place)), loop];
  out.push({ kind: "scope", bindings: shared, steps });
}

export function lowerForEach(
  node: ForEach,
  out: Step[],
  exits: Exits | null,
  labels: Labels,
  lowering: Lowering,
): void {
  const { place, kind, subject } = node;
  const { unit, expressions } = lowering;
  const cursor = unit.temporary(`the iterator of the for-${kind} loop on line ${place.line}`);
  const start = runtimeCall(kind === "in" ? "%keys" : "%iterate", [expressions.value(subject, out)], place);
  out.push(set(cursor, start));
  const bindings = node.declares === null || node.declares === "var" ? [] : targets(node.target);
  for (const binding of bindings) unit.variables.add(binding);
  const turn: Step[] = [];
  const taken = property(local(cursor, place), "value", place);
  // A cursor that travels knows where it stands, not what it was at.
  expressions.patterns.assign(node.target, unit.facts.asks(node.target) ? expressions.hold(taken, turn) : taken, turn);
  turn.push(lowering.block(node.body.body, within("loop", labels, exits)));
  const steps: Step[] = [{ kind: "scope", bindings, steps: turn }];
  out.push({ kind: "loop", place, labels, header: { kind: "each", cursor }, body: steps });
}

function endless({ place }: Node, labels: Labels, body: readonly Step[]): Loop {
  const header: LoopHeader = { kind: "while", test: literal(true, place) };
  return { kind: "loop", place, labels, header, body };
}

/** The variables of a `for` that are its own. */
function declaredIn(node: For): readonly Binding[] {
  return node.initial.flatMap((part) => (part.type === "Declare" && part.kind !== "var" ? targets(part.target) : []));
}

function isCaptured(binding: Binding, node: Node): boolean {
  let found = false;
  walk(node, (part) => {
    if (!isFunction(part)) return;
    walk(part, (inner) => {
      if (inner.type === "Local" && inner.binding === binding) found = true;
    });
  });
  return found;
}

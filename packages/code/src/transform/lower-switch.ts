import type { Label } from "../syntax/binding.ts";
import type { Switch } from "../syntax/tree.ts";
import { targets } from "../syntax/walk.ts";
import { type Exits, within } from "./exits.ts";
import type { Lowering } from "./lowering.ts";
import { binary, block, evaluate, assign, literal, local, run, set } from "./make.ts";
import type { Step } from "./step.ts";

/**
 * A `switch` that yields: first the number of the case is found, testing in order, then a native `switch` on that number runs it, so
 * that a frame can be entered again in any case and still fall through to the next.
 */
export function lowerSwitch(
  node: Switch,
  out: Step[],
  exits: Exits | null,
  labels: readonly Label[],
  lowering: Lowering,
): void {
  const { place } = node;
  const { unit, expressions } = lowering;
  const statements = node.cases.flatMap((one) => one.body);
  const bindings = statements.flatMap((statement) => {
    if (statement.type === "Declare" && statement.kind !== "var") return targets(statement.target);
    return statement.type === "DeclareClass" ? [statement.binding] : [];
  });
  for (const binding of bindings) {
    unit.variables.add(binding);
    unit.fix(binding); // Entering a later case passes the declaration by.
  }
  const steps: Step[] = [...lowering.functions(statements, bindings)];

  const subject = unit.intermediate(place);
  const chosen = unit.temporary(`the case chosen on line ${place.line}`);
  steps.push(set(subject, expressions.value(node.subject, steps)), set(chosen, literal(-1, place)));
  const undecided = binary(local(chosen, place), "<", literal(0, place));
  node.cases.forEach(({ test }, index) => {
    if (test === null) return;
    const tests: Step[] = [];
    const matches = binary(local(subject, place), "===", expressions.value(test, tests));
    const choose = evaluate(assign(local(chosen, place), literal(index, place)));
    tests.push(
      run({ type: "If", place: test.place, test: matches, consequent: block([choose], place), alternate: null }),
    );
    steps.push({ kind: "branch", place: test.place, test: undecided, consequent: tests, alternate: [] });
  });
  const otherwise = node.cases.findIndex(({ test }) => test === null);
  if (otherwise >= 0) {
    steps.push({
      kind: "branch",
      place,
      test: undecided,
      consequent: [set(chosen, literal(otherwise, place))],
      alternate: [],
    });
  }

  const inside = within("switch", labels, exits);
  const cases = node.cases.map(({ body }) => {
    const list: Step[] = [];
    for (const statement of body) lowering.statement(statement, list, inside, []);
    return list;
  });
  steps.push({ kind: "choice", place, labels, chosen, cases });
  out.push({ kind: "scope", bindings, steps });
}

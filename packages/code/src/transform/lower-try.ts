import { Label } from "../syntax/binding.ts";
import type { Handler, Statement, Try } from "../syntax/tree.ts";
import { targets } from "../syntax/walk.ts";
import { type Completion, type Exits, firstJump, leave, protectedBy, within } from "./exits.ts";
import type { Lowering } from "./lowering.ts";
import { binary, block, literal, local, run, set } from "./make.ts";
import type { AttemptHandler, Step } from "./step.ts";

export function lowerTry(
  node: Try,
  out: Step[],
  exits: Exits | null,
  labels: readonly Label[],
  lowering: Lowering,
): void {
  const { place, finalizer } = node;
  const outer = labels.length > 0 ? within("labeled", labels, exits) : exits;
  const steps: Step[] = [];
  if (finalizer !== null && finalizer.some((statement) => lowering.unit.facts.asks(statement))) {
    lowerYieldingFinally(node, finalizer, steps, outer, lowering);
  } else {
    const body = [lowering.block(node.body, outer)];
    const handler = node.handler === null ? null : lowerHandler(node.handler, outer, lowering);
    steps.push({
      kind: "attempt",
      place,
      body,
      handler,
      finalizer: finalizer === null ? null : [lowering.block(finalizer, outer)],
    });
  }
  if (labels.length > 0) out.push({ kind: "marked", labels, steps });
  else out.push(...steps);
}

function lowerHandler({ place, parameter, body }: Handler, exits: Exits | null, lowering: Lowering): AttemptHandler {
  const caught = lowering.unit.temporary(`the error caught on line ${place.line}`);
  const bindings = parameter === null ? [] : targets(parameter);
  for (const binding of bindings) lowering.unit.variables.add(binding);
  const bind: Step[] = [];
  if (parameter !== null) lowering.expressions.patterns.assign(parameter, local(caught, place), bind);
  return { caught, final: false, bindings, steps: [...bind, lowering.block(body, exits)] };
}

/**
 * A `finally` that yields cannot be JavaScript's own, which nobody can enter in the middle: how the protected part ended is
 * recorded, the finalizer runs as ordinary code, and then the record says what goes on.
 */
function lowerYieldingFinally(
  node: Try,
  finalizer: readonly Statement[],
  out: Step[],
  exits: Exits | null,
  lowering: Lowering,
): void {
  const { place } = node;
  const { unit } = lowering;
  const completion: Completion = {
    kind: unit.temporary(`how the try on line ${place.line} ended`),
    value: unit.temporary(`the pending result of the try on line ${place.line}`),
    label: new Label("attempt"),
    jumps: [],
  };
  const inside = protectedBy(completion, exits);
  const protectedPart: Step[] = [lowering.block(node.body, inside)];
  const body: Step[] =
    node.handler === null
      ? protectedPart
      : [
          {
            kind: "attempt",
            place,
            body: protectedPart,
            handler: lowerHandler(node.handler, inside, lowering),
            finalizer: null,
          },
        ];

  const caught = unit.temporary(`the error caught by the try on line ${place.line}`);
  const note = [set(completion.kind, literal(1, place)), set(completion.value, local(caught, place))];
  const handler: AttemptHandler = { caught, final: true, bindings: [], steps: note };
  out.push(set(completion.kind, literal(0, place)));
  out.push({
    kind: "marked",
    labels: [completion.label],
    steps: [{ kind: "attempt", place, body, handler, finalizer: null }],
  });
  out.push(lowering.block(finalizer, exits));

  const ended = (number: number): ReturnType<typeof binary> =>
    binary(local(completion.kind, place), "===", literal(number, place));
  const rethrow = block([{ type: "Throw", place, argument: local(completion.value, place) }], place);
  out.push(run({ type: "If", place, test: ended(1), consequent: rethrow, alternate: null }));
  completion.jumps.forEach((jump, index) => {
    out.push({ kind: "branch", place, test: ended(index + firstJump), consequent: leave(jump, exits), alternate: [] });
  });
}

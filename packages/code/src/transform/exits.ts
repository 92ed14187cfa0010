import type { Binding, Label } from "../syntax/binding.ts";
import type { Break, Continue, Expression, Return } from "../syntax/tree.ts";
import { breakTo, literal, run, set } from "./make.ts";
import type { Step } from "./step.ts";

export type Jump = Return | Break | Continue;

/** What surrounds a statement that a jump can lead to, or has to pass; from the inside out. */
export interface Exits {
  readonly kind: "loop" | "switch" | "labeled" | "finally";
  readonly labels: readonly Label[];
  /** Where `continue` leads, when the loop's body became a labelled block. */
  readonly next: Label | null;
  /** How a `finally` that yields is told of what goes on after it. */
  readonly completion: Completion | null;
  readonly outer: Exits | null;
}

/** The completion record of a `finally` that yields: 0 goes on, 1 throws `value`, from 2 on one of the jumps. */
export interface Completion {
  readonly kind: Binding;
  readonly value: Binding;
  /** The block around what is protected; leaving it leads to the finalizer. */
  readonly label: Label;
  readonly jumps: Jump[];
}

export const firstJump = 2;

/** The surroundings inside a loop, a switch or a labelled statement. */
export function within(
  kind: "loop" | "switch" | "labeled",
  labels: readonly Label[],
  outer: Exits | null,
  next: Label | null = null,
): Exits {
  return { kind, labels, next, completion: null, outer };
}

/** The surroundings of what a `finally` that yields protects. */
export function protectedBy(completion: Completion, outer: Exits | null): Exits {
  return { kind: "finally", labels: [], next: null, completion, outer };
}

/** Whether some jump from here does not lead where it led in the source. */
export function reroutes(exits: Exits | null): boolean {
  return exits !== null && (exits.kind === "finally" || exits.next !== null || reroutes(exits.outer));
}

/** The steps that a jump becomes. A return's argument has been lowered already. */
export function leave(jump: Jump, exits: Exits | null): readonly Step[] {
  for (let exit = exits; exit !== null; exit = exit.outer) {
    if (exit.completion !== null) return record(jump, exit.completion);
    if (leadsTo(jump, exit)) {
      return [run(jump.type === "Continue" && exit.next !== null ? breakTo(exit.next, jump.place) : jump)];
    }
  }
  return [run(jump)];
}

function leadsTo(jump: Jump, exit: Exits): boolean {
  if (jump.type === "Return") return false;
  if (jump.label !== null) return exit.labels.includes(jump.label);
  return exit.kind === "loop" || (exit.kind === "switch" && jump.type === "Break");
}

function record(jump: Jump, completion: Completion): readonly Step[] {
  const { place } = jump;
  const steps: Step[] = [];
  let later: Jump = jump;
  if (jump.type === "Return") {
    const pending: Expression = { type: "Local", place, binding: completion.value };
    if (jump.argument !== null) steps.push(set(completion.value, jump.argument, place));
    later = { ...jump, argument: jump.argument === null ? null : pending };
  }
  const number = completion.jumps.push(later) - 1 + firstJump;
  steps.push(set(completion.kind, literal(number, place)), run(breakTo(completion.label, place)));
  return steps;
}

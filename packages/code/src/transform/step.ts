import type { Binding, Label } from "../syntax/binding.ts";
import type { Expression, Place, Statement } from "../syntax/tree.ts";

/**
 * A generator's body taken apart just far enough: every yield is a step of its own ({@link Ask}), every compound statement around a
 * yield keeps its shape, and what has no yield in it stays as the author wrote it ({@link Run}).
 */
export type Step = Run | Ask | Scope | Marked | Branch | Loop | Choice | Attempt;

/** A statement without yields. */
export interface Run {
  readonly kind: "run";
  readonly statement: Statement;
  /** It makes a closure or class that does not travel: it runs again where the frame is entered again. */
  readonly always: boolean;
}

/** `target = yield argument`: a position at which the frame can stand. */
export interface Ask {
  readonly kind: "ask";
  readonly place: Place;
  readonly argument: Expression;
  readonly target: Binding | null;
}

/** A block with the variables that it declares. */
export interface Scope {
  readonly kind: "scope";
  readonly bindings: readonly Binding[];
  readonly steps: readonly Step[];
}

export interface Marked {
  readonly kind: "marked";
  readonly labels: readonly Label[];
  readonly steps: readonly Step[];
}

export interface Branch {
  readonly kind: "branch";
  readonly place: Place;
  readonly test: Expression;
  readonly consequent: readonly Step[];
  readonly alternate: readonly Step[];
}

/** A loop whose header has no yields: a header that yields is part of the body of an endless loop. */
export interface Loop {
  readonly kind: "loop";
  readonly place: Place;
  readonly labels: readonly Label[];
  readonly header: LoopHeader;
  readonly body: readonly Step[];
}

export type LoopHeader =
  | { readonly kind: "while" | "do"; readonly test: Expression }
  | {
      readonly kind: "for";
      readonly bindings: readonly Binding[];
      readonly initial: readonly Expression[];
      readonly test: Expression | null;
      readonly update: Expression | null;
    }
  /** Over a cursor, which can travel; it is closed when the loop is left. */
  | { readonly kind: "each"; readonly cursor: Binding };

/** A `switch` on the number of the case that was chosen before. */
export interface Choice {
  readonly kind: "choice";
  readonly place: Place;
  readonly labels: readonly Label[];
  readonly chosen: Binding;
  readonly cases: readonly (readonly Step[])[];
}

export interface Attempt {
  readonly kind: "attempt";
  readonly place: Place;
  readonly body: readonly Step[];
  readonly handler: AttemptHandler | null;
  readonly finalizer: readonly Step[] | null;
}

export interface AttemptHandler {
  readonly caught: Binding;
  /** It stands for a `finally` that yields, so it also catches the order to end. */
  readonly final: boolean;
  readonly bindings: readonly Binding[];
  readonly steps: readonly Step[];
}

/** The lists of steps in a step, in the order in which positions are numbered. */
export function parts(step: Step): readonly (readonly Step[])[] {
  switch (step.kind) {
    case "run":
    case "ask":
      return [];
    case "scope":
    case "marked":
      return [step.steps];
    case "branch":
      return [step.consequent, step.alternate];
    case "loop":
      return [step.body];
    case "choice":
      return step.cases;
    case "attempt":
      return [step.body, step.handler?.steps ?? [], step.finalizer ?? []];
  }
}

/** The positions in a stretch of steps: from the first to the last. */
export interface Range {
  readonly first: number;
  readonly last: number;
}

/** Positions, numbered from 1 in the order of the source: 0 is a frame that has not begun. */
export class Positions {
  readonly asks: readonly Ask[];
  readonly #numbers = new Map<Ask, number>();
  readonly #ranges = new Map<Step, Range | null>();

  constructor(steps: readonly Step[]) {
    const asks: Ask[] = [];
    const visit = (step: Step): Range | null => {
      const before = asks.length;
      if (step.kind === "ask") this.#numbers.set(step, asks.push(step));
      for (const list of parts(step)) list.forEach(visit);
      const range = asks.length > before ? { first: before + 1, last: asks.length } : null;
      this.#ranges.set(step, range);
      return range;
    };
    steps.forEach(visit);
    this.asks = asks;
  }

  number(ask: Ask): number {
    return this.#numbers.get(ask) as number;
  }

  /** The positions in a step; null when there is none. */
  range(step: Step): Range | null {
    return this.#ranges.get(step) ?? null;
  }

  /** The positions in a list of steps; null when there is none. */
  rangeOf(steps: readonly Step[]): Range | null {
    const ranges = steps.map((step) => this.range(step)).filter((range) => range !== null);
    const [first, last] = [ranges[0], ranges.at(-1)];
    return first === undefined || last === undefined ? null : { first: first.first, last: last.last };
  }
}

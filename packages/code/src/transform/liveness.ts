import type { Binding } from "../syntax/binding.ts";
import type { Node } from "../syntax/tree.ts";
import { kills, reads } from "./facts.ts";
import type { Ask, Attempt, Choice, Loop, LoopHeader, Run, Step } from "./step.ts";
import type { Unit } from "./unit.ts";

type Live = ReadonlySet<Binding>;

/** What may still be needed when control leaves the straight line. */
interface Elsewhere {
  /** When something throws: the handler and finalizers around. What runs when the computation is ordered to end is among it. */
  readonly thrown: Live;
  /** When a statement jumps: any place around that a jump may lead to. */
  readonly jumped: Live;
}

const none: Live = new Set();

/**
 * Which variables of a unit may still be needed at each yield: those that travel, and nothing else. A data flow analysis from the end
 * to the start; where it cannot know, a variable counts as needed.
 */
export class Liveness {
  readonly #unit: Unit;
  readonly #live = new Map<Ask, Live>();
  readonly #uses = new Map<Node, Live>();
  readonly #closures = new Map<Binding, Live>();

  constructor(unit: Unit, steps: readonly Step[]) {
    this.#unit = unit;
    this.#before(steps, none, { thrown: none, jumped: none });
  }

  /** The variables to be saved at `ask`, in the order of slots. */
  slots(ask: Ask): readonly Binding[] {
    const live = [...(this.#live.get(ask) ?? none)].filter((binding) => !this.#unit.isRemade(binding));
    return live.sort((one, other) => rank(one) - rank(other) || one.index - other.index);
  }

  #before(steps: readonly Step[], after: Live, elsewhere: Elsewhere): Live {
    return steps.reduceRight((live, step) => this.#beforeStep(step, live, elsewhere), after);
  }

  #beforeStep(step: Step, after: Live, elsewhere: Elsewhere): Live {
    switch (step.kind) {
      case "run":
        return this.#run(step, after, elsewhere);
      case "ask":
        return this.#ask(step, after, elsewhere);
      case "scope":
        return without(this.#before(step.steps, after, elsewhere), step.bindings);
      case "marked":
        return this.#before(step.steps, after, { ...elsewhere, jumped: union(elsewhere.jumped, after) });
      case "branch": {
        const consequent = this.#before(step.consequent, after, elsewhere);
        const alternate = this.#before(step.alternate, after, elsewhere);
        return union(consequent, alternate, this.#used(step.test), elsewhere.thrown);
      }
      case "loop":
        return this.#loop(step, after, elsewhere);
      case "choice":
        return this.#choice(step, after, elsewhere);
      case "attempt":
        return this.#attempt(step, after, elsewhere);
    }
  }

  #run({ statement }: Run, after: Live, { thrown, jumped }: Elsewhere): Live {
    const reached = this.#unit.facts.jumps(statement) ? union(after, jumped) : after;
    const declared = statement.type === "DeclareFunction" ? [statement.binding] : kills(statement);
    return union(without(reached, declared), this.#used(statement), thrown);
  }

  #ask(ask: Ask, after: Live, { thrown }: Elsewhere): Live {
    const needed = union(ask.target === null ? after : without(after, [ask.target]), thrown);
    this.#live.set(ask, union(this.#live.get(ask) ?? none, needed));
    return union(needed, this.#used(ask.argument));
  }

  #loop({ header, body }: Loop, after: Live, { thrown, jumped }: Elsewhere): Live {
    let head: Live = union(after, this.#usedByHeader(header));
    for (let size = -1; head.size !== size;) {
      size = head.size;
      head = union(head, this.#before(body, head, { thrown, jumped: union(jumped, head) }));
    }
    const start = header.kind === "for" ? without(head, header.bindings) : head;
    const initial = header.kind === "for" ? header.initial : [];
    return union(start, ...initial.map((part) => this.#used(part)), thrown);
  }

  /** What each turn of a loop needs for itself. */
  #usedByHeader(header: LoopHeader): Live {
    if (header.kind === "each") return new Set([header.cursor]);
    if (header.kind !== "for") return this.#used(header.test);
    return union(...[header.test, header.update].map((part) => (part === null ? none : this.#used(part))));
  }

  #choice({ cases, chosen }: Choice, after: Live, elsewhere: Elsewhere): Live {
    const inside = { ...elsewhere, jumped: union(elsewhere.jumped, after) };
    let next = after;
    let entered = after;
    for (const steps of cases.toReversed()) {
      next = this.#before(steps, next, inside); // Falling through leads to the next case.
      entered = union(entered, next);
    }
    return union(entered, [chosen]);
  }

  #attempt({ body, handler, finalizer }: Attempt, after: Live, elsewhere: Elsewhere): Live {
    let end = after;
    let around = elsewhere;
    if (finalizer !== null) {
      // It runs however the rest ends, and then that goes on.
      end = this.#before(finalizer, after, elsewhere);
      around = {
        thrown: this.#before(finalizer, elsewhere.thrown, elsewhere),
        jumped: this.#before(finalizer, elsewhere.jumped, elsewhere),
      };
    }
    if (handler === null) return this.#before(body, end, around);
    const handled = this.#before(handler.steps, end, around);
    return this.#before(body, end, { ...around, thrown: without(handled, [handler.caught, ...handler.bindings]) });
  }

  /** The variables of this unit that `node` may need, and those that the closures among them need. */
  #used(node: Node): Live {
    const known = this.#uses.get(node);
    if (known !== undefined) return known;
    const used = new Set<Binding>();
    for (const binding of reads(node)) {
      if (!this.#unit.variables.has(binding)) continue;
      used.add(binding);
      if (this.#unit.isRemade(binding)) for (const needed of this.#closure(binding)) used.add(needed);
    }
    this.#uses.set(node, used);
    return used;
  }

  /** What a function needs that is made again where its frame goes on: its own code, and its fellows'. */
  #closure(binding: Binding): Live {
    const known = this.#closures.get(binding);
    if (known !== undefined) return known;
    const needed = new Set<Binding>();
    this.#closures.set(binding, needed);
    const take = (one: Binding): void => {
      for (const read of reads(one.initial as Node)) {
        if (!this.#unit.variables.has(read) || needed.has(read)) continue;
        needed.add(read);
        if (this.#unit.isRemade(read)) take(read);
      }
    };
    take(binding);
    return needed;
  }
}

function union(...sets: readonly Iterable<Binding>[]): Live {
  const all = new Set<Binding>();
  for (const set of sets) for (const binding of set) all.add(binding);
  return all;
}

function without(live: Live, bindings: readonly Binding[]): Live {
  if (!bindings.some((binding) => live.has(binding))) return live;
  const rest = new Set(live);
  for (const binding of bindings) rest.delete(binding);
  return rest;
}

/** Temporaries come after the author's variables: their numbers count on their own. */
function rank(binding: Binding): number {
  return binding.kind === "temporary" ? 1 : 0;
}

import { property, type Property } from "../scenario/property.ts";
import type { History, HistoryEntry } from "./history.ts";
import type { Action, Model } from "./model.ts";

/** An action of a history, and when it was under way: it took effect at some moment between. */
export interface TimedAction extends Action {
  readonly invokedMs: number;
  /** Infinity when nobody knows what came of it: it may take effect at any time, or never. */
  readonly returnedMs: number;
  /** What the history says of it. */
  readonly entry: HistoryEntry;
}

export type Verdict =
  | { readonly type: "linearizable"; readonly steps: number }
  | {
      readonly type: "illegal";
      readonly steps: number;
      /** The part of the object that did what no object of that kind does; null when it has no parts. */
      readonly part: string | null;
      /** The longest order that could be: after it nothing that was under way fits. */
      readonly longest: readonly HistoryEntry[];
      /** What was asked for and is not in that order. */
      readonly rest: readonly HistoryEntry[];
    }
  /** The search was given up: it says nothing either way. */
  | { readonly type: "unknown"; readonly steps: number; readonly part: string | null };

export interface LinearizableOptions {
  /**
   * Which entries of the history are actions of the model, and which: by the name of their operation, either the model's own name for it, or
   * what makes an action of the entry. Default: those that the model knows, by their own names.
   */
  readonly ops?: Readonly<Record<string, string | ((entry: HistoryEntry) => Action)>>;
  /** How many steps the search of one part may take before it is given up. Default: 200,000, some seconds. */
  readonly stepsMax?: number;
}

/**
 * Whether what clients saw can be explained by an object that does one thing at a time, each at some moment while it was asked for (Herlihy
 * and Wing, TOPLAS 1990). What failed had no effect, and of what is unknown both is possible. Two actions of the same instant may be in any
 * order.
 *
 * The search is that of Wing and Gong with Lowe's memory of where it has been, by parts of the object, as in Porcupine. It is exponential at
 * worst: keep histories to some hundred actions a part, with few unknown ones.
 *
 * @throws RangeError when the history has nothing of what is to be judged, and TypeError for an action that the model does not know.
 */
export function linearize(model: Model, history: History, options: LinearizableOptions = {}): Verdict {
  const { ops = Object.fromEntries(model.ops.map((op) => [op, op])), stepsMax = 200_000 } = options;
  let steps = 0;
  let unknown: Verdict | null = null;
  for (const [part, actions] of partsOf(model, history, ops)) {
    const verdict = new Search(model, part, actions).run(stepsMax);
    steps += verdict.steps;
    if (verdict.type === "illegal") return { ...verdict, steps };
    // Another part may still be wrong for certain.
    if (verdict.type === "unknown") unknown ??= verdict;
  }
  return unknown === null ? { type: "linearizable", steps } : { ...unknown, steps };
}

/** For `eventually`: see {@link linearize}. A search that is given up counts as a failure, which begins with `unknown:`. */
export function linearizable(model: Model, options: LinearizableOptions = {}): Property {
  let judged: { readonly history: History; readonly state: string; readonly what: string | null } | null = null;
  return property(`linearizable (${model.name})`, ({ history }) => {
    const { entries } = history;
    const state = `${entries.length} ${entries.filter(({ outcome }) => outcome.type !== "unknown").length}`;
    if (judged?.history !== history || judged.state !== state) {
      judged = { history, state, what: describeVerdict(linearize(model, history, options)) };
    }
    return judged.what;
  });
}

/** What is wrong, in words; null when nothing is. */
export function describeVerdict(verdict: Verdict): string | null {
  if (verdict.type === "linearizable") return null;
  const where = verdict.part === null ? "" : ` of ${verdict.part}`;
  if (verdict.type === "unknown") {
    return `unknown: the search${where} was given up after ${verdict.steps} steps; shorten the history, or raise stepsMax`;
  }
  const { longest, rest } = verdict;
  const shown = longest.length === 0 ? "nothing" : longest.map(describeEntry).join("; ");
  return `no order${where} explains what the clients saw. Possible is ${shown}; then none of: ${rest.map(describeEntry).join("; ")}`;
}

/** An entry of a history in words. */
export function describeEntry({ client, op, input, outcome }: HistoryEntry): string {
  const came =
    outcome.type === "ok" ? ` = ${JSON.stringify(outcome.output)}` : outcome.type === "failed" ? " failed" : " = ?";
  return `${client}: ${op}(${input === null ? "" : JSON.stringify(input)})${came}`;
}

function partsOf(
  model: Model,
  { entries }: History,
  ops: NonNullable<LinearizableOptions["ops"]>,
): ReadonlyMap<string | null, readonly TimedAction[]> {
  const parts = new Map<string | null, TimedAction[]>();
  for (const entry of entries) {
    const op = Object.hasOwn(ops, entry.op) ? ops[entry.op] : undefined;
    if (op === undefined || entry.outcome.type === "failed") continue;
    const { outcome, input, invokedMs } = entry;
    const output = outcome.type === "ok" ? outcome.output : undefined;
    const action = typeof op === "string" ? { op, input, output } : op(entry);
    if (!model.ops.includes(action.op)) {
      throw new TypeError(`op of a ${model.name}: expected one of ${model.ops.join(", ")}, got ${action.op}`);
    }
    const part = model.part?.(action) ?? null;
    const timed = { ...action, invokedMs, returnedMs: outcome.type === "ok" ? outcome.atMs : Infinity, entry };
    parts.set(part, [...(parts.get(part) ?? []), timed]);
  }
  if (!entries.some((entry) => Object.hasOwn(ops, entry.op))) {
    throw new RangeError(`history: expected some of ${Object.keys(ops).join(", ")}, got none: nothing would be judged`);
  }
  return parts;
}

/** The beginning or the end of an action, in a list of all that are not placed yet, by time. */
interface Moment {
  readonly action: TimedAction;
  readonly number: number;
  /** The end, of a beginning; null of an end. */
  readonly end: Moment | null;
  before: Moment | null;
  after: Moment | null;
}

/** What was placed, and the states before. */
interface Placed {
  readonly moment: Moment;
  readonly states: readonly unknown[];
}

/** Looks for an order of the actions of one part. */
class Search {
  readonly #model: Model;
  readonly #part: string | null;
  readonly #actions: readonly TimedAction[];
  /** Before the first moment. */
  readonly #head: Moment;
  /** By number, one bit each: what is placed. */
  readonly #bits: Uint32Array;
  /** Where the search has been: what was placed, and the states after. */
  readonly #seen = new Set<string>();
  readonly #stack: Placed[] = [];
  #longest: readonly HistoryEntry[] = [];

  constructor(model: Model, part: string | null, actions: readonly TimedAction[]) {
    this.#model = model;
    this.#part = part;
    this.#actions = actions;
    this.#bits = new Uint32Array(Math.ceil(actions.length / 32));
    this.#head = listMoments(actions);
  }

  run(stepsMax: number): Verdict {
    let open = this.#actions.filter(isKnown).length;
    // More than one when the model does not say which: each that was possible so far.
    let states: readonly unknown[] = [this.#model.initial];
    let moment = this.#head.after;
    let steps = 0;
    while (open > 0) {
      steps += 1;
      if (steps > stepsMax) return { type: "unknown", steps, part: this.#part };
      if (moment !== null && moment.end !== null) {
        // Whoever is under way may be next.
        const next = this.#step(states, moment.action);
        if (next.length > 0 && this.#place(moment, states, next)) {
          if (isKnown(moment.action)) open -= 1;
          states = next;
          moment = this.#head.after;
        } else {
          moment = moment.after;
        }
        continue;
      }
      // Somebody returns now and could not be placed, so an earlier choice was wrong.
      const last = this.#stack.pop();
      if (last === undefined) return this.#illegal(steps);
      this.#toggle(last.moment);
      restore(last.moment);
      if (isKnown(last.moment.action)) open += 1;
      states = last.states;
      moment = last.moment.after;
    }
    return { type: "linearizable", steps };
  }

  #step(states: readonly unknown[], action: TimedAction): readonly unknown[] {
    const next = states.flatMap((state) => this.#model.step(state, action));
    return next.length < 2 ? next : [...new Map(next.map((state) => [this.#model.key(state), state])).values()];
  }

  /** False, and nothing happens, where the search has been before. */
  #place(moment: Moment, states: readonly unknown[], next: readonly unknown[]): boolean {
    this.#toggle(moment);
    const keys = next.map((state) => this.#model.key(state)).toSorted();
    const key = `${this.#bits.join()} ${JSON.stringify(keys)}`;
    if (this.#seen.has(key)) {
      this.#toggle(moment);
      return false;
    }
    this.#seen.add(key);
    remove(moment);
    this.#stack.push({ moment, states });
    if (this.#stack.length > this.#longest.length) this.#longest = this.#stack.map(({ moment }) => moment.action.entry);
    return true;
  }

  #toggle({ number }: Moment): void {
    const word = number >>> 5;
    this.#bits[word] = (this.#bits[word] as number) ^ (1 << (number & 31));
  }

  #illegal(steps: number): Verdict {
    const longest = this.#longest;
    const rest = this.#actions.map(({ entry }) => entry).filter((entry) => !longest.includes(entry));
    return { type: "illegal", steps, part: this.#part, longest, rest };
  }
}

function isKnown({ returnedMs }: TimedAction): boolean {
  return returnedMs < Infinity;
}

/** All beginnings and ends by time; at the same time beginnings come first, so that those actions overlap. */
function listMoments(actions: readonly TimedAction[]): Moment {
  const moments = actions.flatMap((action, number): Moment[] => {
    const end: Moment = { action, number, end: null, before: null, after: null };
    return [{ action, number, end, before: null, after: null }, end];
  });
  const atMs = ({ action, end }: Moment): number => (end === null ? action.returnedMs : action.invokedMs);
  moments.sort((a, b) => {
    const [timeA, timeB] = [atMs(a), atMs(b)];
    return timeA === timeB ? Number(a.end === null) - Number(b.end === null) : timeA < timeB ? -1 : 1;
  });
  const head: Moment = { action: undefined as never, number: -1, end: null, before: null, after: null };
  let last = head;
  for (const moment of moments) {
    moment.before = last;
    last.after = moment;
    last = moment;
  }
  return head;
}

/** Takes an action out of the list, beginning and end. Both still know where they were. */
function remove({ before, after, end }: Moment): void {
  unchain(before, after);
  if (end !== null) unchain(end.before, end.after);
}

/** Puts back what was taken out last. */
function restore(moment: Moment): void {
  for (const one of [moment.end, moment]) {
    if (one === null) continue;
    if (one.before !== null) one.before.after = one;
    if (one.after !== null) one.after.before = one;
  }
}

function unchain(before: Moment | null, after: Moment | null): void {
  if (before !== null) before.after = after;
  if (after !== null) after.before = before;
}

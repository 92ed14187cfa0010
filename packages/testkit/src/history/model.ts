import type { Json } from "../scenario/json.ts";

/** Something that was done to an object: what a {@link Model} judges. */
export interface Action {
  readonly op: string;
  readonly input: Json;
  /** What it gave; undefined when nobody knows. */
  readonly output: Json | undefined;
}

/** What a kind of object does when everything happens to it one after another. States are values: a step makes new ones. */
export interface Model<State = any> {
  readonly name: string;
  /** The actions that it knows. */
  readonly ops: readonly string[];
  readonly initial: State;
  /** The states that the action may leave behind. None: in this state it cannot have given what it gave. */
  step(state: State, action: Action): readonly State[];
  /** Equal for states that behave alike. */
  key(state: State): string;
  /** The part of the object that the action concerns, when parts know nothing of each other. Each part is judged alone. */
  part?(action: Action): string;
}

/** Whether two values are equal, whatever the order of their fields. */
export function same(a: Json, b: Json): boolean {
  return a === b || textOf(a) === textOf(b);
}

/** Equal for equal values, whatever the order of their fields. */
export function textOf(value: unknown): string {
  return JSON.stringify(value, (_key, field: unknown) =>
    typeof field === "object" && field !== null && !Array.isArray(field)
      ? Object.fromEntries(Object.entries(field).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : field,
  );
}

import type { Json } from "../scenario/json.ts";
import { same, textOf, type Model } from "./model.ts";

export interface Initially {
  readonly initial?: Json;
}

/** `read` gives what `write` wrote last. */
export function register({ initial = null }: Initially = {}): Model<Json> {
  return {
    name: "register",
    ops: ["read", "write"],
    initial,
    step: (state, { op, input, output }) => (op === "write" ? [input] : given(output, state)),
    key: textOf,
  };
}

/** `add` adds its input, 1 unless given; `read` gives the sum. */
export function counter(): Model<number> {
  return {
    name: "counter",
    ops: ["add", "read"],
    initial: 0,
    step: (state, { op, input, output }) => (op === "add" ? [state + Number(input ?? 1)] : given(output, state)),
    key: String,
  };
}

/** `add` and `remove` change what is in it, `has` says whether its input is, and `list` gives all of it, in any order. */
export function set(): Model<readonly Json[]> {
  const without = (state: readonly Json[], value: Json): readonly Json[] =>
    state.filter((other) => !same(other, value));
  const keyOf = (state: readonly Json[]): string => JSON.stringify(state.map(textOf).toSorted());
  return {
    name: "set",
    ops: ["add", "remove", "has", "list"],
    initial: [],
    step: (state, { op, input, output }) => {
      if (op === "add") return [[...without(state, input), input]];
      if (op === "remove") return [without(state, input)];
      if (output === undefined) return [state];
      if (op === "list") return isList(output) && keyOf(output) === keyOf(state) ? [state] : [];
      return state.some((value) => same(value, input)) === output ? [state] : [];
    },
    key: keyOf,
  };
}

/** `enqueue` puts its input at the end; `dequeue` takes the first out and gives it, or null when there is none. */
export function queue(): Model<readonly Json[]> {
  return {
    name: "queue",
    ops: ["enqueue", "dequeue"],
    initial: [],
    step: (state, { op, input, output }) => {
      if (op === "enqueue") return [[...state, input]];
      return output === undefined || same(output, state[0] ?? null) ? [state.slice(1)] : [];
    },
    key: textOf,
  };
}

/**
 * The verdict about a lifetime: the first `set` decides, every `set` gives what was decided, and `read` gives it, or null while nothing is
 * (S51).
 */
export function writeOnce(): Model<Json> {
  return {
    name: "write-once",
    ops: ["set", "read"],
    initial: null,
    step: (state, { op, input, output }) => given(output, op === "set" ? (state ?? input) : state),
    key: textOf,
  };
}

/** One object for each key. Inputs are `{ key, value }`, and the object of that key is given the value: null unless there is one. */
export function mapOf<State>(model: Model<State>): Model<State> {
  const keyed = (input: Json): Readonly<Record<string, Json>> =>
    typeof input === "object" && input !== null && !isList(input) ? input : {};
  return {
    ...model,
    name: `map of ${model.name}`,
    step: (state, action) => model.step(state, { ...action, input: keyed(action.input)["value"] ?? null }),
    part: ({ input }) => textOf(keyed(input)["key"] ?? null),
  };
}

// Array.isArray does not tell readonly lists from the rest.
function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

/** The state itself, if an action could give it. */
function given<State extends Json>(output: Json | undefined, state: State): readonly State[] {
  return output === undefined || same(output, state) ? [state] : [];
}

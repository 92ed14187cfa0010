/**
 * The finite control of a state machine, as an xstate config restricted to what a table can hold: flat states, and from
 * each state at most one target per event. No guards (classify the event before sending it), no actions (look at the
 * state that comes out). Write it `as const`, and the table knows the names of its states and events; xstate's
 * `createMachine` takes the same object.
 */
export interface MachineConfig {
  readonly id?: string;
  readonly description?: string;
  readonly initial: string;
  readonly states: { readonly [state: string]: StateConfig };
}

export interface StateConfig {
  readonly description?: string;
  /** Final states have no way out. */
  readonly type?: "final";
  /** From event to target state. An event that is not here leaves the state as it is, as in xstate. */
  readonly on?: { readonly [event: string]: string };
}

/** The names of a config's states. */
export type StateName<Config extends MachineConfig> = keyof Config["states"] & string;

/** The names of all events that a config mentions. */
export type EventName<Config extends MachineConfig> = {
  [State in keyof Config["states"]]: Config["states"][State] extends { readonly on: infer On }
    ? keyof On & string
    : never;
}[keyof Config["states"]];

/**
 * A machine as a table over small integers: what the runtime executes, at the speed of a hand-written switch. States
 * and events are numbered in the order in which the config mentions them.
 *
 * ```ts
 * import { compileTable } from "@espalier/heartbeat";
 *
 * const door = compileTable({
 *   initial: "shut",
 *   states: { shut: { on: { open: "ajar" } }, ajar: { on: { close: "shut" } } },
 * });
 * door.next(door.state.shut, door.event.open); // => door.state.ajar
 * door.transition("shut", "close"); // => "shut"
 * ```
 */
export class Table<State extends string, Event extends string> {
  /** Names by number. */
  readonly states: readonly State[];
  readonly events: readonly Event[];
  /** Numbers by name. */
  readonly state: Readonly<Record<State, number>>;
  readonly event: Readonly<Record<Event, number>>;
  readonly initial: number;
  readonly #finals: ReadonlySet<number>;
  /** The target of every state and event; a state's row begins at its number times the count of events. */
  readonly #cells: Uint8Array;
  readonly #width: number;

  constructor(config: MachineConfig) {
    this.states = checkedStates(config) as State[];
    this.events = eventsOf(config) as Event[];
    this.state = numbered(this.states);
    this.event = numbered(this.events);
    this.initial = this.state[config.initial as State];
    this.#width = this.events.length;
    this.#cells = new Uint8Array(this.states.length * this.#width);
    const finals = new Set<number>();
    this.states.forEach((name, state) => {
      const { on, type } = config.states[name] as StateConfig;
      if (type === "final") finals.add(state);
      this.#cells.fill(state, state * this.#width, (state + 1) * this.#width);
      for (const [event, target] of Object.entries(on ?? {})) {
        this.#cells[state * this.#width + this.event[event as Event]] = this.state[target as State];
      }
    });
    this.#finals = finals;
  }

  /** The state after `event` in `state`; the same state when it does not react. Both by number, unchecked. */
  next(state: number, event: number): number {
    return this.#cells[state * this.#width + event] as number;
  }

  /** {@link Table.next} by name: a little slower, and easier to read. An unknown event changes nothing. */
  transition(state: State, event: Event): State {
    const number = this.event[event];
    return number === undefined ? state : (this.states[this.next(this.state[state], number)] as State);
  }

  /** Whether nothing leads out of `state`. */
  isFinal(state: number): boolean {
    return this.#finals.has(state);
  }
}

/**
 * The table of `config`.
 *
 * @throws TypeError naming the state or event that a table cannot hold.
 */
export function compileTable<const Config extends MachineConfig>(
  config: Config,
): Table<StateName<Config>, EventName<Config>> {
  return new Table(config);
}

/** What one byte can number. */
const statesMax = 256;

const stateKeys: ReadonlySet<string> = new Set(["description", "type", "on"]);
const machineKeys: ReadonlySet<string> = new Set(["id", "description", "initial", "states"]);

function checkedStates(config: MachineConfig): readonly string[] {
  const where = config.id ?? "machine";
  const names = Object.keys(config.states);
  if (names.length > statesMax)
    throw new TypeError(`${where}: expected at most ${statesMax} states, got ${names.length}`);
  for (const key of Object.keys(config))
    if (!machineKeys.has(key)) throw new TypeError(`${where}: a table cannot hold "${key}"`);
  if (!Object.hasOwn(config.states, config.initial)) {
    throw new TypeError(
      `${where}: expected the initial state to be one of ${names.join(", ")}, got "${config.initial}"`,
    );
  }
  for (const name of names) checkState(`${where}.${name}`, config.states[name] as StateConfig, config);
  return names;
}

function checkState(where: string, state: StateConfig, config: MachineConfig): void {
  for (const key of Object.keys(state))
    if (!stateKeys.has(key)) throw new TypeError(`${where}: a table cannot hold "${key}"`);
  if (state.type !== undefined && state.type !== "final") {
    throw new TypeError(`${where}: expected a plain or final state, got ${JSON.stringify(state.type)}`);
  }
  const transitions = Object.entries(state.on ?? {});
  if (state.type === "final" && transitions.length > 0)
    throw new TypeError(`${where}: a final state has no transitions`);
  for (const [event, target] of transitions) {
    if (event.includes("*")) throw new TypeError(`${where}: a table cannot hold the wildcard "${event}"`);
    if (typeof target !== "string" || !Object.hasOwn(config.states, target)) {
      throw new TypeError(`${where}: expected "${event}" to lead to a state by name, got ${JSON.stringify(target)}`);
    }
  }
}

function eventsOf(config: MachineConfig): readonly string[] {
  return [...new Set(Object.values(config.states).flatMap((state) => Object.keys(state.on ?? {})))];
}

function numbered<Name extends string>(names: readonly Name[]): Readonly<Record<Name, number>> {
  // No prototype: an event may be called "constructor".
  const numbers = Object.create(null) as Record<Name, number>;
  names.forEach((name, number) => (numbers[name] = number));
  return Object.freeze(numbers);
}

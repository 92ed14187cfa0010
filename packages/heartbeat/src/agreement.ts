import type { AnyMachineSnapshot } from "xstate";
import { initialTransition, transition } from "xstate";
import { adjacencyMapToArray, getAdjacencyMap } from "xstate/graph";
import { createMachine } from "./create-machine.ts";
import type { EventName, MachineConfig, StateName, Table } from "./table.ts";

/** What {@link compareMachine} visited, and where machine and table differ. */
export interface Agreement {
  /** One line each; empty when machine and table are equal. */
  readonly disagreements: readonly string[];
  /** Reachable states times events: every one was visited, those that change nothing included. */
  readonly transitions: number;
  /** Simple paths (no state twice) from the initial state, walked in both. */
  readonly paths: number;
}

/**
 * Holds a machine and its table equal: at every transition that `xstate/graph` reaches, and along every simple path of
 * at most `pathLengthMax` events. States that no event leads to are disagreements too. A test asserts that there are
 * none, and pins the counts.
 */
export function compareMachine<const Config extends MachineConfig>(
  config: Config,
  table: Table<StateName<NoInfer<Config>>, EventName<NoInfer<Config>>>,
  pathLengthMax: number,
): Agreement {
  const machine = createMachine(config);
  const events = table.events.map((type) => ({ type }));
  const disagreements: string[] = [];

  const transitions = adjacencyMapToArray(getAdjacencyMap(machine, { events, input: undefined }));
  const reached = new Set<string>([config.initial]);
  for (const { state, event, nextState } of transitions) {
    const [from, to] = [state.value as StateName<Config>, nextState.value as string];
    const answer = table.transition(from, event.type as EventName<Config>);
    if (answer !== to)
      disagreements.push(`${from} on ${event.type}: the machine goes to ${to}, the table to ${answer}`);
    reached.add(to);
  }
  for (const state of table.states) if (!reached.has(state)) disagreements.push(`${state}: no event leads here`);

  let paths = 0;
  const walk = (
    snapshot: AnyMachineSnapshot,
    at: number,
    path: readonly string[],
    seen: ReadonlySet<unknown>,
  ): void => {
    paths += 1;
    if (path.length === pathLengthMax) return;
    for (const event of events) {
      const [next] = transition(machine, snapshot, event);
      const value: unknown = next.value;
      if (seen.has(value)) continue;
      const nextAt = table.next(at, table.event[event.type]);
      const longer = [...path, event.type];
      if (table.states[nextAt] === value) walk(next, nextAt, longer, new Set([...seen, value]));
      else
        disagreements.push(
          `${longer.join(", ")}: the machine is in ${String(value)}, the table in ${table.states[nextAt]}`,
        );
    }
  };
  walk(initialTransition(machine)[0], table.initial, [], new Set([config.initial]));

  return { disagreements, transitions: transitions.length, paths };
}

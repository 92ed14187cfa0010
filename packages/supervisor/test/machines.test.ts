import { type MachineConfig, Table } from "@espalier/heartbeat";
import { describe, expect, it } from "vitest";
import { type AnyStateMachine, createMachine } from "xstate";
import { adjacencyMapToArray, getAdjacencyMap, getSimplePaths } from "xstate/graph";
import { childMachine } from "../src/child.machine.ts";
import { supervisorMachine } from "../src/supervisor.machine.ts";

/** Simple paths to this many steps are compared: every way through the child's machine that visits no state twice. */
const pathStepsMax = 6;

describe.each<[string, MachineConfig]>([
  ["child", childMachine],
  ["supervisor", supervisorMachine],
])("the machine of a %s", (_, config) => {
  const table = new Table<string, string>(config);
  // xstate's types want the literal config; which one it is does not matter here.
  const machine: AnyStateMachine = createMachine(config as Parameters<typeof createMachine>[0]);
  const options = { events: table.events.map((type) => ({ type })) };

  it("is the same in xstate and in the table, in every reachable transition", () => {
    const map = getAdjacencyMap(machine, options);
    expect(
      Object.values(map)
        .map(({ state }) => String(state.value))
        .sort(),
    ).toEqual([...table.states].sort());
    const transitions = adjacencyMapToArray(map);
    for (const { state, event, nextState } of transitions) {
      const from = String(state.value);
      expect(table.transition(from, event.type), `${from} on ${event.type}`).toBe(nextState.value);
    }
    expect(transitions).toHaveLength(table.states.length * table.events.length);
  });

  it(`is the same along every simple path of up to ${pathStepsMax} steps`, () => {
    const paths = getSimplePaths(machine, { ...options, stopWhen: () => false });
    expect(paths.length).toBeGreaterThan(table.states.length);
    for (const { steps, state } of paths.filter((path) => path.steps.length <= pathStepsMax)) {
      const last = steps.reduce((at, { event }) => table.transition(at, event.type), config.initial);
      expect(last).toBe(state.value);
    }
  });

  it("reaches a final state from everywhere", () => {
    const leadsOut = new Set(table.states.filter((name) => table.isFinal(table.state[name]!)));
    for (let grown = true; grown;) {
      grown = false;
      for (const name of table.states) {
        const targets = table.events.map((event) => table.transition(name, event));
        if (!leadsOut.has(name) && targets.some((target) => leadsOut.has(target))) {
          leadsOut.add(name);
          grown = true;
        }
      }
    }
    expect([...leadsOut].sort()).toEqual([...table.states].sort());
  });
});

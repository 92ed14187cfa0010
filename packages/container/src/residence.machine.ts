import type { EventName, StateName, Table } from "@espalier/heartbeat";
import { compileTable } from "@espalier/heartbeat";

/** How a node stands that lives in a container: whether it runs, whether it has anything to do, and what it is on its way to. */
export const residenceMachine = {
  id: "residence",
  initial: "asleep",
  states: {
    asleep: {
      description: "Nothing of it runs: it is a record.",
      on: { wake: "starting", leave: "gone" },
    },
    starting: {
      description: "It is about to run. Whoever comes for it waits.",
      on: { started: "idle", failed: "asleep", sleep: "retiring", leave: "leaving" },
    },
    idle: {
      description: "It runs, nobody is connected with it and no process of it lives.",
      on: { busy: "active", sleep: "retiring", leave: "leaving" },
    },
    active: {
      description: "Somebody is connected with it, or processes of it live.",
      on: { rest: "idle", sleep: "retiring", leave: "leaving" },
    },
    retiring: {
      description: "It stops, and its record is kept.",
      on: { ended: "asleep", leave: "leaving" },
    },
    leaving: {
      description: "It stops, and nothing of it is kept.",
      on: { ended: "gone" },
    },
    gone: { type: "final" },
  },
} as const;

export type ResidenceState = StateName<typeof residenceMachine>;

/** What a container executes: the machine as a table. */
export const residenceTable: Table<ResidenceState, EventName<typeof residenceMachine>> = compileTable(residenceMachine);

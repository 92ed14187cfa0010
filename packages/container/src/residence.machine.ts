import type { EventName, StateName, Table } from "@espalier/heartbeat";
import { compileTable } from "@espalier/heartbeat";

/**
 * How a node stands that lives in a container: whether it runs, and whether it has anything to do.
 */
export const residenceMachine = {
  id: "residence",
  initial: "asleep",
  states: {
    asleep: {
      description: "Nothing of it runs: it is a record.",
      on: { wake: "idle", destroy: "gone" },
    },
    idle: {
      description: "It runs, nobody is connected with it and no process of it lives.",
      on: { busy: "active", sleep: "asleep", stop: "gone", destroy: "gone" },
    },
    active: {
      description: "Somebody is connected with it, or processes of it live.",
      on: { rest: "idle", stop: "gone", destroy: "gone" },
    },
    gone: { type: "final" },
  },
} as const;

/** What a container executes: the machine as a table. */
export const residenceTable: Table<
  StateName<typeof residenceMachine>,
  EventName<typeof residenceMachine>
> = compileTable(residenceMachine);

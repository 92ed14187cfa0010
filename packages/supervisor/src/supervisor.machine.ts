import { compileTable, type EventName, type StateName, type Table } from "@espalier/heartbeat";

/**
 * The control of a supervisor. In `running` it takes from its mailbox; in every other state it has work in hand and its mailbox
 * waits: children start one at a time, and stop one at a time.
 */
export const supervisorMachine = {
  id: "supervisor",
  initial: "idle",
  states: {
    idle: { on: { boot: "starting" } },
    starting: {
      description: "A child that does not start leads to the end: those before it are stopped (R-913).",
      on: { started: "running", startFailed: "stopping" },
    },
    running: {
      description:
        "It stops because it is told to, or after too many restarts (R-933), or for a significant child (R-992).",
      on: { restart: "restarting", manage: "managing", stop: "stopping" },
    },
    restarting: {
      description: "After an attempt that failed the next one comes out of the mailbox (R-950).",
      on: { restarted: "running", restartFailed: "running" },
    },
    managing: { on: { managed: "running" } },
    stopping: { on: { stopped: "ended" } },
    ended: { type: "final" },
  },
} as const;

export type SupervisorPhase = StateName<typeof supervisorMachine>;
export type SupervisorControl = EventName<typeof supervisorMachine>;

/** What a supervisor executes; a test holds it equal to the machine. */
export const supervisorTable: Table<SupervisorPhase, SupervisorControl> = compileTable(supervisorMachine);

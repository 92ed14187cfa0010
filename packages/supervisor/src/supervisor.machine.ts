import { compileTable, type EventName, type MachineConfig, type StateName, type Table } from "@espalier/heartbeat";

/**
 * The control of a supervisor. In `running` it waits for its mailbox; in every other state it has work in hand, and its mailbox
 * waits: children start one at a time and stop one at a time.
 */
export const supervisorMachine = {
  id: "supervisor",
  initial: "idle",
  states: {
    idle: {
      on: { boot: "starting" },
    },
    starting: {
      on: {
        started: "running",
        // A child could not be started: those before it are stopped.
        startFailed: "stopping",
      },
    },
    running: {
      on: {
        restart: "restarting",
        manage: "managing",
        // Told to stop, too many restarts, or an automatic shutdown.
        stop: "stopping",
      },
    },
    restarting: {
      on: {
        restarted: "running",
        // The next attempt comes out of the mailbox.
        restartFailed: "running",
      },
    },
    managing: {
      on: { managed: "running" },
    },
    stopping: {
      on: { stopped: "ended" },
    },
    ended: { type: "final" },
  },
} as const satisfies MachineConfig;

export type SupervisorPhase = StateName<typeof supervisorMachine>;
export type SupervisorControl = EventName<typeof supervisorMachine>;

/** The machine as a supervisor executes it. */
export const supervisorTable: Table<SupervisorPhase, SupervisorControl> = compileTable(supervisorMachine);

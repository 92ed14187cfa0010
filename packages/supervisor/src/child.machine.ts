import { compileTable, type EventName, type MachineConfig, type StateName, type Table } from "@espalier/heartbeat";

/**
 * The control of one child of a supervisor, as its supervisor sees it. An event is classified before it gets here: what an
 * exit means for the child was looked up in the table of `restart.ts`, so the machine has no guards.
 *
 * `absent` is OTP's `undefined`: the specification is kept, there is no process. `restarting` waits for an attempt: for
 * siblings to stop first, or, after an attempt that failed, for the supervisor to come back from its mailbox.
 */
export const childMachine = {
  id: "child",
  initial: "absent",
  states: {
    absent: {
      on: {
        start: "starting",
        delete: "removed",
      },
    },
    starting: {
      on: {
        started: "running",
        ignored: "absent",
        // A temporary child's specification is not kept without a process.
        ignoredTemporary: "removed",
        failed: "absent",
        // A child that startChild could not start was never there.
        failedAtFirst: "removed",
        failedRestart: "restarting",
      },
    },
    running: {
      on: {
        crashed: "restarting",
        ended: "absent",
        endedTemporary: "removed",
        stop: "stopping",
      },
    },
    restarting: {
      on: {
        start: "starting",
        // No more attempts of its own: it was told to end, or it is part of a group that is restarted, or all is over.
        abandon: "absent",
      },
    },
    stopping: {
      on: {
        stopped: "absent",
        stoppedTemporary: "removed",
      },
    },
    removed: { type: "final" },
  },
} as const satisfies MachineConfig;

export type ChildState = StateName<typeof childMachine>;
export type ChildEvent = EventName<typeof childMachine>;

/** The machine as a supervisor executes it. */
export const childTable: Table<ChildState, ChildEvent> = compileTable(childMachine);

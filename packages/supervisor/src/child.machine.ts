import { compileTable, type EventName, type StateName, type Table } from "@espalier/heartbeat";

/**
 * The control of one child, as its supervisor sees it. An event is classified before it gets here: what an exit means for the child
 * was looked up in the table of `restart.ts`, so the machine has no guards.
 */
export const childMachine = {
  id: "child",
  initial: "absent",
  states: {
    absent: {
      description: "The specification is kept and there is no process: OTP's `undefined`.",
      on: { start: "starting", delete: "removed" },
    },
    starting: {
      description:
        "Its init runs. A temporary child is not kept without a process (R-912), a new one not without a start (R-972).",
      on: {
        started: "running",
        ignored: "absent",
        ignoredTemporary: "removed",
        failed: "absent",
        failedAtFirst: "removed",
        failedRestart: "restarting",
      },
    },
    running: {
      on: { crashed: "restarting", ended: "absent", endedTemporary: "removed", stop: "stopping" },
    },
    restarting: {
      description:
        "It waits for an attempt: for siblings to stop, or for the supervisor to come back from its mailbox (R-950).",
      on: { start: "starting", abandon: "absent" },
    },
    stopping: {
      on: { stopped: "absent", stoppedTemporary: "removed" },
    },
    removed: { type: "final" },
  },
} as const;

export type ChildState = StateName<typeof childMachine>;
export type ChildEvent = EventName<typeof childMachine>;

/** What a supervisor executes; a test holds it equal to the machine. */
export const childTable: Table<ChildState, ChildEvent> = compileTable(childMachine);

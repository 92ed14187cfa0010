import type { EventName, StateName, Table } from "./table.ts";
import { compileTable } from "./table.ts";

/**
 * The finite control of one heartbeat at the node that decides about it. Ends absorb (P1): the only way out of one is
 * to be forgotten, and nothing leads back to `live`. A timer alone ends nothing (H19): it leads to `due`, and what was
 * waiting to be read then decides.
 */
export const heartbeatMachine = {
  id: "heartbeat",
  initial: "live",
  states: {
    live: {
      on: {
        elapsed: "due",
        stop: "stopped",
        fail: "failed",
        verdict: "unresponsive",
        partExpired: "expired",
        partForgotten: "forgotten",
      },
    },
    due: {
      description: "Its time is over on the clock; a reset may still lie unread.",
      on: {
        extended: "live",
        inputRead: "expired",
        stalled: "doubtful",
        stop: "stopped",
        fail: "failed",
        verdict: "unresponsive",
      },
    },
    doubtful: {
      description: "The event loop stood still around the deadline: what waits gets one more round, and no more (P5).",
      on: {
        extended: "live",
        inputRead: "expired",
        stalled: "expired",
        stop: "stopped",
        fail: "failed",
        verdict: "unresponsive",
      },
    },
    stopped: { on: { forget: "forgotten" } },
    failed: { on: { forget: "forgotten" } },
    expired: { on: { forget: "forgotten" } },
    unresponsive: { on: { forget: "forgotten" } },
    forgotten: { type: "final" },
  },
} as const;

export type HeartbeatState = StateName<typeof heartbeatMachine>;
export type HeartbeatEvent = EventName<typeof heartbeatMachine>;

/** What the runtime executes; a test holds it equal to the machine. */
export const heartbeatTable: Table<HeartbeatState, HeartbeatEvent> = compileTable(heartbeatMachine);

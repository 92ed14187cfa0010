import type { EventName, StateName, Table } from "@espalier/heartbeat";
import { compileTable } from "@espalier/heartbeat";

/**
 * The finite control of the connection with one peer. An attempt is everything from `queued` to `yielding`: it ends with `up`, `over` or `retry`,
 * once.
 *
 * What happened is classified before it becomes an event: what ends an attempt or a link is `over` when nobody wants to stay connected with the
 * peer, and `retry` when somebody does; who wants a connection while an attempt of the peer's has been let in does not `want` but `join`.
 */
export const connectionMachine = {
  id: "connection",
  initial: "idle",
  states: {
    idle: {
      description: "There is none, and nobody wants one. Nothing is kept about the peer.",
      on: { want: "queued", join: "yielding", up: "up" },
    },
    queued: {
      description: "This node is about to dial: too many attempts are under way, or its turn has not come yet.",
      on: { turn: "dialling", admitted: "yielding", up: "up", over: "idle", retry: "waiting" },
    },
    dialling: {
      description: "This node dials.",
      on: { admitted: "yielding", up: "up", over: "idle", retry: "waiting" },
    },
    yielding: {
      description: "The peer's attempt has been let in, and decides.",
      on: { up: "up", over: "idle", retry: "waiting" },
    },
    up: {
      description: "There is a link. What comes up now replaces it.",
      on: { over: "idle", retry: "waiting" },
    },
    waiting: {
      description: "There is none, and the peer is dialled again after a while.",
      on: { want: "queued", join: "yielding", up: "up", over: "idle" },
    },
  },
} as const;

/** What a connection executes: the machine as a table. */
export const connectionTable: Table<
  StateName<typeof connectionMachine>,
  EventName<typeof connectionMachine>
> = compileTable(connectionMachine);

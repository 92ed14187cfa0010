import type { EventName, StateName, Table } from "./table.ts";
import { compileTable } from "./table.ts";

/**
 * The control of moving processes: three machines, one for each part that a node can play for a process. Events are classified before they
 * get here (`transfer-rules.ts`): who sent a message, for which epoch and with what proof decides which event it is, or that it is none.
 */

/** The home's record of one process of its own. A process that never left has none. */
export const transferHomeMachine = {
  id: "transfer.home",
  initial: "here",
  states: {
    here: {
      description: "It runs at home.",
      on: { promised: "away", ended: "over" },
    },
    away: {
      description: "Another node is granted the current epoch. It alone may act.",
      on: {
        claimed: "away",
        handed: "expected",
        barred: "away",
        revoked: "here",
        returned: "here",
        lost: "over",
        ended: "over",
      },
    },
    expected: {
      description: "The host has let go of it, the next one has not asked for it yet. Nobody may act.",
      on: { claimed: "away", returned: "here", lost: "over", ended: "over" },
    },
    over: { type: "final" },
  },
} as const;

/** A process on its way out of a node: the node still owns it until the target has taken it. */
export const transferSourceMachine = {
  id: "transfer.source",
  initial: "offering",
  states: {
    offering: {
      description: "The transfer is sent again until the target answers.",
      on: {
        accepted: "left",
        refused: "barring",
        unreachable: "barring",
        // The home granted the next epoch already: the target's answer got lost.
        released: "released",
        denied: "dropped",
        fenced: "dropped",
      },
    },
    barring: {
      description: "It will go on here, once the home has promised never to grant the epoch that was offered.",
      on: { barred: "resumed", released: "released", denied: "dropped", fenced: "dropped" },
    },
    left: {
      description: "The target has it. The forwarding entry stays until the home knows.",
      on: { released: "released", denied: "released" },
    },
    resumed: { description: "It runs here again, in a fresh epoch.", type: "final" },
    released: { description: "It is elsewhere, and the home knows.", type: "final" },
    dropped: { description: "It may not act any more.", type: "final" },
  },
} as const;

/** A process on its way into a node, and its life there. */
export const transferTargetMachine = {
  id: "transfer.target",
  initial: "arriving",
  states: {
    arriving: {
      description: "Its definitions are looked up or fetched, its frames restored.",
      on: {
        admitted: "claiming",
        admittedWithGrant: "granted",
        refused: "refused",
        fenced: "dropped",
        denied: "dropped",
      },
    },
    claiming: {
      description: "Taken from the source. The home is asked for the epoch.",
      on: { granted: "granted", returned: "returned", denied: "dropped", fenced: "dropped" },
    },
    granted: {
      description: "It may act as soon as this node holds the lease of the term that it was granted in.",
      on: { leased: "acting", denied: "dropped", fenced: "dropped" },
    },
    acting: {
      on: { offered: "leaving", finished: "finishing", denied: "dropped", fenced: "dropped" },
    },
    finishing: {
      description: "Its body has ended. The home must still hear of its last effects and of the end.",
      on: { acknowledged: "over", denied: "over", fenced: "dropped" },
    },
    leaving: { description: "The source's machine goes on from here.", type: "final" },
    returned: { description: "This node is its home: no guest any more.", type: "final" },
    refused: { type: "final" },
    over: { type: "final" },
    dropped: { description: "It may not act any more.", type: "final" },
  },
} as const;

export type TransferHomeState = StateName<typeof transferHomeMachine>;
export type TransferHomeEvent = EventName<typeof transferHomeMachine>;
export type TransferSourceState = StateName<typeof transferSourceMachine>;
export type TransferSourceEvent = EventName<typeof transferSourceMachine>;
export type TransferTargetState = StateName<typeof transferTargetMachine>;
export type TransferTargetEvent = EventName<typeof transferTargetMachine>;

export const transferHomeTable: Table<TransferHomeState, TransferHomeEvent> = compileTable(transferHomeMachine);
export const transferSourceTable: Table<TransferSourceState, TransferSourceEvent> = compileTable(transferSourceMachine);
export const transferTargetTable: Table<TransferTargetState, TransferTargetEvent> = compileTable(transferTargetMachine);

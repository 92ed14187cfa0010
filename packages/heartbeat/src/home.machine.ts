import type { EventName, StateName, Table } from "./table.ts";
import { compileTable } from "./table.ts";

/** The control of handing over the home of a process: one machine for the node that gives, one for the one that takes. */

/** A home that is to be handed over. Until `granting` it can stay; from then on this node has no say. */
export const homeSourceMachine = {
  id: "home.source",
  initial: "settling",
  states: {
    settling: {
      description: "It has not been introduced everywhere as being here: that comes first.",
      on: { settled: "holding", unreachable: "stayed", silent: "stayed", ended: "over" },
    },
    holding: {
      description: "It does not act, and everybody with a link is asked to hold what they have for it.",
      on: { held: "offering", unreachable: "stayed", silent: "stayed", ended: "over" },
    },
    offering: {
      description: "It is written down, and offered to the target. What comes for it is held here.",
      on: { accepted: "granting", refused: "stayed", unreachable: "stayed", silent: "stayed" },
    },
    granting: {
      description: "Given up. The target is its home as soon as it hears so, or nobody is.",
      on: { adopted: "telling", silent: "telling", gone: "telling" },
    },
    telling: {
      description: "Those who hold learn where to send what they have.",
      on: { told: "over" },
    },
    stayed: { description: "It goes on here, and this is its home.", type: "final" },
    over: { type: "final" },
  },
} as const;

/** The node that is to be the home. */
export const homeTargetMachine = {
  id: "home.target",
  initial: "arriving",
  states: {
    arriving: {
      description: "Its definitions are fetched, its frames restored.",
      on: { admitted: "accepted", refused: "dropped", withdrawn: "dropped", expired: "dropped" },
    },
    accepted: {
      description: "It may begin as soon as its former home has given it up.",
      on: { granted: "resident", withdrawn: "dropped", expired: "dropped" },
    },
    resident: {
      description: "This is its home.",
      on: { released: "over", ended: "over" },
    },
    dropped: { description: "It never began here, and never will in this epoch.", type: "final" },
    over: { description: "It has ended, or has another home.", type: "final" },
  },
} as const;

export type HomeSourceState = StateName<typeof homeSourceMachine>;
export type HomeSourceEvent = EventName<typeof homeSourceMachine>;
export type HomeTargetState = StateName<typeof homeTargetMachine>;
export type HomeTargetEvent = EventName<typeof homeTargetMachine>;

export const homeSourceTable: Table<HomeSourceState, HomeSourceEvent> = compileTable(homeSourceMachine);
export const homeTargetTable: Table<HomeTargetState, HomeTargetEvent> = compileTable(homeTargetMachine);

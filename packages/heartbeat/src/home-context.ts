import type { HomeMessage } from "./home-message.ts";
import type { LeaseParameters } from "./lease.ts";
import type { Place, ProcessKey } from "./transfer-message.ts";

/** What the parts of the handover protocol share. */
export interface HomeContext {
  readonly self: Place;
  readonly parameters: LeaseParameters;
  /** The monotonic time of the event that is being handled. */
  readonly nowMs: number;
  /** The places that there is a link to. */
  readonly linked: ReadonlySet<Place>;
  /** The places that a signal waits for a link to. */
  readonly expected: ReadonlySet<Place>;
  /** Whether the word of `place` counts about the homes of others, where nobody can be asked. */
  believes(place: Place): boolean;
  act(action: HomeAction): void;
  send(to: Place, message: HomeMessage): void;
}

/** What the runtime is told to do, in this order. */
export type HomeAction =
  /** Send `message` on the link to `to`, if there is one, in order with the signals on it. */
  | { readonly type: "send"; readonly to: Place; readonly message: HomeMessage }
  /** There should be a link to `to`; say `linked` or `unreachable`. */
  | { readonly type: "connect"; readonly to: Place }
  /** A signal that was held goes to `to`: to the process, or (`from` is true) in its name. */
  | {
      readonly type: "signal";
      readonly process: ProcessKey;
      readonly to: Place;
      readonly from: boolean;
      readonly signal: unknown;
    }
  /** A signal that was held is for the process, which is here. */
  | { readonly type: "deliver"; readonly process: ProcessKey; readonly signal: unknown }
  /** Nothing more comes for the process: write it down, and answer with `captured` or `failed`. */
  | { readonly type: "capture"; readonly process: ProcessKey }
  /** It was not handed over: it goes on here. A reason of null: the target did not answer. */
  | { readonly type: "resume"; readonly process: ProcessKey; readonly to: Place; readonly reason: unknown }
  /** It is not of this node any more: forget it, telling nobody. */
  | { readonly type: "released"; readonly process: ProcessKey; readonly epoch: number; readonly to: Place }
  /** Nobody needs this node any more to reach it. */
  | { readonly type: "settled"; readonly process: ProcessKey; readonly epoch: number; readonly to: Place }
  /** A process arrives: answer with `admit` or `refuse`. */
  | {
      readonly type: "arrive";
      readonly process: ProcessKey;
      readonly epoch: number;
      readonly from: Place;
      readonly cargo: unknown;
      readonly hashes: readonly string[];
    }
  /** This node is its home from now on, and it goes on here. */
  | { readonly type: "adopt"; readonly process: ProcessKey; readonly epoch: number; readonly from: Place }
  /** What was admitted will not begin here. */
  | { readonly type: "drop"; readonly process: ProcessKey; readonly epoch: number }
  /**
   * At home: the links and monitors between the process and `peer` are gone on the other side, but for what is `held`: that will now be sent
   * there in its name.
   */
  | {
      readonly type: "reconcile";
      readonly process: ProcessKey;
      readonly peer: Place;
      readonly held: readonly unknown[];
    }
  /** The connection to the process was lost: links and monitors with it fire here, and it may live on. */
  | { readonly type: "disconnected"; readonly process: ProcessKey; readonly place: Place }
  /** The process is not at `place`, where this node last knew it: it has ended, and who is linked to it must know. */
  | { readonly type: "gone"; readonly process: ProcessKey; readonly place: Place }
  /** A signal in its name could not be sent: there is no link to `to`. */
  | { readonly type: "undeliverable"; readonly process: ProcessKey; readonly to: Place; readonly signal: unknown };

/** The node where a process was born: its home until that was handed over. */
export function birthplaceOf(process: ProcessKey): Place {
  return process.slice(0, process.lastIndexOf("/"));
}

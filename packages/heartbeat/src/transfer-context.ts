import type { Instant, LeaseParameters } from "./lease.ts";
import type { VerdictReason } from "./transfer-home.ts";
import type { Place, ProcessKey, TransferMessage } from "./transfer-message.ts";

/** How much of other nodes is kept at most. */
export interface TransferBounds {
  /** Signals for one process that has come and does not begin yet. What is beyond is not taken: its home sends it again. */
  readonly signalsPerArrival: number;
  /**
   * Signals for one process that is away, which its host has not acknowledged. Beyond it, beats of that host count no more, until it acknowledges
   * some or its lease has run out.
   */
  readonly signalsPerAway: number;
}

/** What the parts of the transfer protocol share: who we are, what time it is, and where decisions go. */
export interface TransferContext {
  readonly self: Place;
  readonly parameters: LeaseParameters;
  readonly bounds: TransferBounds;
  /** The moment of the event that is being handled. */
  readonly at: Instant;
  /** Messages to this node itself are handled after the current one. */
  send(to: Place, message: TransferMessage): void;
  act(action: TransferAction): void;
  /** A fresh secret. */
  baton(): string;
}

/** What the runtime is told to do, in this order. */
export type TransferAction =
  /** Send `message` if there is a link to `to`. Losing it is allowed; keeping it for a later link is not needed. */
  | { readonly type: "send"; readonly to: Place; readonly message: TransferMessage }
  /** A process arrives: answer with `need`, `admit` or `refuse`. */
  | {
      readonly type: "arrive";
      readonly process: ProcessKey;
      readonly epoch: number;
      readonly from: Place;
      readonly home: Place;
      readonly cargo: unknown;
      readonly hashes: readonly string[];
    }
  /** The definitions that were asked for have come: answer with `admit` or `refuse`. */
  | {
      readonly type: "code";
      readonly process: ProcessKey;
      readonly epoch: number;
      readonly from: Place;
      readonly definitions: readonly unknown[];
    }
  /** The target of a transfer lacks these definitions: answer with `supply`. */
  | {
      readonly type: "supply";
      readonly process: ProcessKey;
      readonly epoch: number;
      readonly hashes: readonly string[];
    }
  /** The process that was admitted may begin to act, while `mayAct` says so. */
  | { readonly type: "start"; readonly process: ProcessKey; readonly epoch: number }
  /** What was here as `epoch` of the process may not act any more: let it go, running nothing of it. */
  | { readonly type: "drop"; readonly process: ProcessKey; readonly epoch: number }
  /** The process has left: let go of what was here as `epoch`. */
  | { readonly type: "departed"; readonly process: ProcessKey; readonly epoch: number; readonly to: Place }
  /** The transfer failed: what was here as `epoch` goes on here, as `epoch + 2`. A reason of null: the target did not answer. */
  | {
      readonly type: "resume";
      readonly process: ProcessKey;
      readonly epoch: number;
      readonly to: Place;
      readonly reason: unknown;
    }
  /** A signal for the process, which is here. */
  | { readonly type: "deliver"; readonly process: ProcessKey; readonly signal: unknown }
  /** At home: perform this in the process's name. It was done in `epoch`, the one that is granted. */
  | { readonly type: "perform"; readonly process: ProcessKey; readonly epoch: number; readonly effect: unknown }
  /** At home: the process ended with its host, cause `unresponsive`. `epoch` was the last one granted. */
  | { readonly type: "lost"; readonly process: ProcessKey; readonly epoch: number; readonly place: Place }
  | { readonly type: "suspected"; readonly place: Place }
  | { readonly type: "trusted"; readonly place: Place }
  | { readonly type: "verdict"; readonly place: Place; readonly reason: VerdictReason }
  /** A signal came for a process that had moved on; its home was told where. */
  | { readonly type: "forwarded"; readonly process: ProcessKey; readonly to: Place };

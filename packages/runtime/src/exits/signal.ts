import type { Cause } from "@espalier/heartbeat";
import type { RemoteName } from "../addresses/destination.ts";
import type { NodeRef } from "../cluster/node-ref.ts";
import type { Pid } from "../addresses/pid.ts";
import type { Ref } from "../addresses/ref.ts";

/**
 * Whatever one process does to another, as data. Signals from one process to another take effect in the order in which they were
 * sent, of all kinds together; between other pairs there is no order.
 */
export type Signal =
  | { readonly type: "message"; readonly message: unknown }
  /** `link` says whether a link produced it or `Process.exit(pid, cause)` did. */
  | { readonly type: "exit"; readonly from: Pid; readonly cause: Cause; readonly link: boolean }
  | { readonly type: "link"; readonly from: Pid }
  | { readonly type: "unlink"; readonly from: Pid }
  /** The owner of `ref` wants to be told why the receiver ends. */
  | { readonly type: "monitor"; readonly ref: Ref }
  | { readonly type: "demonitor"; readonly ref: Ref }
  /** What `ref` monitored has ended. */
  | { readonly type: "down"; readonly ref: Ref; readonly cause: Cause }
  /** An answer to whatever waits under `ref`. */
  | { readonly type: "reply"; readonly ref: Ref; readonly value: unknown }
  /** A message to an alias. `priority`: its sender wants it to be received before those that are not. */
  | { readonly type: "alias"; readonly ref: Ref; readonly message: unknown; readonly priority: boolean }
  /** Whoever waits under `ref` wants the receiver to move; null takes that back. */
  | { readonly type: "migrate"; readonly ref: Ref; readonly request: MigrationRequest | null };

/** Where a process is to move. */
export interface MigrationRequest {
  readonly node: NodeRef;
  /** Whether its home is to be there, too. */
  readonly home?: boolean;
}

/** What is known of the receiver when an exit signal arrives. */
export interface ExitReceiver {
  /** Whether its link to the sender is active. */
  readonly linked: boolean;
  readonly trapping: boolean;
}

/** What is known of the exit signal. */
export interface ExitSignal {
  readonly link: boolean;
  readonly cause: Cause;
  /** Whether sender and receiver are the same process. */
  readonly toSelf: boolean;
}

/**
 * What an exit signal does: nothing, becomes an EXIT message, ends the receiver with the signal's own cause, or kills it: then the cause
 * is `killed` and no `finally` runs.
 */
export type ExitDecision = "drop" | "message" | "die" | "kill";

/**
 * The decision table for exit signals, R-101 to R-107.
 *
 * | rule | link | cause | receiver | |
 * | --- | --- | --- | --- | --- |
 * | R-101 | yes | any | no such link | drop |
 * | R-103 | no | `kill` | any | kill |
 * | R-106, R-104 | any | any other | trapping | message |
 * | R-102 | any | `normal` | not trapping, not the sender | drop |
 * | R-107, R-105, R-104 | any | any other | not trapping | die |
 */
export function decideExit(signal: ExitSignal, receiver: ExitReceiver): ExitDecision {
  if (signal.link && !receiver.linked) return "drop";
  if (!signal.link && signal.cause.type === "kill") return "kill";
  if (receiver.trapping) return "message";
  if (signal.cause.type === "normal" && !signal.toSelf) return "drop";
  return "die";
}

/** What a process that traps exits gets as a message instead of an exit signal. */
export interface Exit {
  readonly type: "EXIT";
  readonly from: Pid;
  readonly cause: Cause;
}

/** The message that a monitor delivers, once. */
export interface Down {
  readonly type: "DOWN";
  readonly ref: Ref;
  /** The pid or the name that was monitored; for a name in a registry, who had it. */
  readonly process: Pid | string | RemoteName;
  readonly cause: Cause;
}

/** Whether a message is an {@link Exit}. */
export function isExit(message: unknown): message is Exit {
  return typeof message === "object" && message !== null && (message as Partial<Exit>).type === "EXIT";
}

/** Whether a message is a {@link Down}. */
export function isDown(message: unknown): message is Down {
  return typeof message === "object" && message !== null && (message as Partial<Down>).type === "DOWN";
}

import type { Cause } from "@espalier/heartbeat";
import type { Wait } from "./backoff.ts";
import type { ChildState } from "./child.machine.ts";
import type { SupervisorFlags } from "./flags.ts";
import type { Attempts, Intensity } from "./intensity.ts";
import type { Decision } from "./restart.ts";
import type { ChildSpec } from "./spec.ts";
import type { SupervisorPhase } from "./supervisor.machine.ts";

/**
 * Everything that a supervisor decides from, as data. `Pid` is whatever stands for a running process: it is compared with
 * `===`, nothing else.
 */
export interface SupervisorState<Pid> {
  readonly flags: SupervisorFlags;
  readonly phase: SupervisorPhase;
  /** Invariant: in start order; stopping walks it backwards. No two have the same id. */
  readonly children: readonly Child<Pid>[];
  /** The restarts that still count. */
  readonly attempts: readonly Attempts[];
  /** Invariant: null exactly in the phases `idle`, `running` and `ended`. */
  readonly work: Work | null;
}

export interface Child<Pid> {
  readonly spec: ChildSpec;
  readonly state: ChildState;
  /** Invariant: not null exactly in the states `running` and `stopping`. */
  readonly pid: Pid | null;
  /** Which of its retries is the one that is due: earlier ones come too late. */
  readonly turn: number;
  /** How often in a row it failed, for its back-off. */
  readonly failures: number;
  /** When it was started last, in milliseconds of the monotonic clock. */
  readonly startedMs: number;
  /** In which second the attempt was counted that started it, or failed to; null: it was not counted. */
  readonly countedIn: number | null;
}

/** A child that has not been started. */
export function newChild<Pid>(spec: ChildSpec): Child<Pid> {
  return { spec, state: "absent", pid: null, turn: 0, failures: 0, startedMs: 0, countedIn: null };
}

/** Work in hand: children to stop and to start, one at a time. */
export interface Work {
  readonly purpose: Purpose;
  /** The first one has been asked for, and its result is awaited. */
  readonly steps: readonly Step[];
}

export interface Step {
  readonly type: "start" | "stop";
  readonly id: string;
}

export type Purpose =
  | { readonly type: "boot" }
  /** `countedIn`: the second in which the attempt was counted. */
  | { readonly type: "restart"; readonly countedIn: number }
  /** The group is stopped before the wait, and started after it. */
  | { readonly type: "back-off"; readonly id: string; readonly wait: Wait }
  | { readonly type: "start-child" }
  | { readonly type: "restart-child" }
  | { readonly type: "terminate-child" }
  | { readonly type: "end"; readonly cause: Cause };

/** What happens to a supervisor. */
export type SupervisorEvent<Pid> = { readonly type: "boot" } | MailboxEvent<Pid> | StepResult<Pid>;

/** What comes out of the mailbox, in the phase `running` only. */
export type MailboxEvent<Pid> =
  | { readonly type: "exited"; readonly pid: Pid; readonly cause: Cause }
  | { readonly type: "retry"; readonly id: string; readonly turn: number }
  | { readonly type: "start-child"; readonly spec: ChildSpec }
  | { readonly type: "terminate-child"; readonly id: string }
  | { readonly type: "restart-child"; readonly id: string }
  | { readonly type: "delete-child"; readonly id: string }
  | { readonly type: "stop"; readonly cause: Cause };

/** What became of the `start` or `stop` that was asked for last. */
export type StepResult<Pid> =
  | { readonly type: "started"; readonly pid: Pid; readonly info?: unknown }
  | { readonly type: "ignored" }
  | { readonly type: "failed"; readonly cause: Cause }
  | { readonly type: "stopped"; readonly cause: Cause };

/** What a supervisor does about it, in this order. At most the last one is a `start` or a `stop`, whose result is then awaited. */
export type SupervisorAction<Pid> =
  | { readonly type: "start"; readonly spec: ChildSpec }
  | { readonly type: "stop"; readonly spec: ChildSpec; readonly pid: Pid }
  /** Every child was started: whoever started the supervisor goes on. */
  | { readonly type: "ready" }
  /** Send yourself the event `retry`, after a wait unless that is null: the mailbox gets its turn before the next attempt. */
  | { readonly type: "retry"; readonly id: string; readonly turn: number; readonly wait: Wait | null }
  | { readonly type: "reply"; readonly reply: Reply<Pid> }
  | { readonly type: "report"; readonly report: SupervisorReport<Pid> }
  | { readonly type: "end"; readonly cause: Cause };

/** Answers to management, each a value: nothing here is exceptional. */
export type Reply<Pid> = StartChildReply<Pid> | TerminateChildReply | RestartChildReply<Pid> | DeleteChildReply;

export type StartChildReply<Pid> =
  | { readonly type: "started"; readonly pid: Pid; readonly info?: unknown }
  /** Its init chose not to run. The specification is kept, unless it is temporary. */
  | { readonly type: "ignored" }
  /** The specification is discarded. */
  | { readonly type: "failed"; readonly cause: Cause; readonly spec: ChildSpec }
  | { readonly type: "already-started"; readonly pid: Pid }
  | { readonly type: "already-present" }
  | { readonly type: "invalid"; readonly problem: string };

export type TerminateChildReply =
  | { readonly type: "ok" }
  | { readonly type: "not-found" }
  /** The children of a dynamic supervisor have no ids. */
  | { readonly type: "dynamic" };

export type RestartChildReply<Pid> =
  | { readonly type: "started"; readonly pid: Pid; readonly info?: unknown }
  | { readonly type: "ignored" }
  /** The specification stays, without a process. */
  | { readonly type: "failed"; readonly cause: Cause }
  | { readonly type: "running" }
  | { readonly type: "restarting" }
  | { readonly type: "not-found" }
  /** The children of a dynamic supervisor have no ids. */
  | { readonly type: "dynamic" };

export type DeleteChildReply =
  | { readonly type: "ok" }
  | { readonly type: "running" }
  | { readonly type: "restarting" }
  | { readonly type: "not-found" }
  | { readonly type: "dynamic" };

/** What a supervisor tells whoever watches it: introspection gets all of them, the log those that are not orderly. */
export type SupervisorReport<Pid> =
  /** `added`: for the first time under this specification, at boot or by hand; else it was restarted, in its old place. */
  | { readonly type: "child-started"; readonly id: string; readonly pid: Pid; readonly added: boolean }
  | {
      readonly type: "child-ended";
      readonly id: string;
      readonly pid: Pid;
      readonly cause: Cause;
      readonly decision: Decision | "give-up";
    }
  | {
      readonly type: "start-failed";
      readonly id: string;
      readonly cause: Cause;
      readonly decision: "roll-back" | "retry" | "keep" | "remove";
    }
  /** An attempt to restart, alone or with its siblings, is allowed: the `attempts`-th in the window, at `nowMs` of the node's monotonic clock. */
  | {
      readonly type: "restarting";
      readonly id: string;
      readonly attempts: number;
      readonly intensity: Intensity;
      readonly nowMs: number;
    }
  /** The next attempt follows after a wait, to which its back-off may add a share at random (R-1403). */
  | { readonly type: "backing-off"; readonly id: string; readonly delayMs: number }
  /** A child of a static supervisor is told to end, and awaited: in its turn with its siblings, or alone, `byHand`. */
  | { readonly type: "child-stopping"; readonly id: string; readonly pid: Pid; readonly byHand: boolean }
  | { readonly type: "shutdown-error"; readonly id: string; readonly pid: Pid; readonly cause: Cause }
  /** More restarts were needed than are allowed: the supervisor ends. */
  | {
      readonly type: "gave-up";
      readonly id: string;
      readonly attempts: number;
      readonly intensity: Intensity;
      readonly nowMs: number;
    }
  /** A significant child ended: the supervisor ends. */
  | { readonly type: "auto-shutdown"; readonly id: string };

/** A supervisor that has not begun, with the children that it is going to start. */
export function initialState<Pid>(flags: SupervisorFlags, specs: readonly ChildSpec[]): SupervisorState<Pid> {
  const children = specs.map((spec) => newChild<Pid>(spec));
  return { flags, phase: "idle", children, attempts: [], work: null };
}

import type { Cause, Heartbeat, Outcome } from "@espalier/heartbeat";
import type { Pid } from "../addresses/pid.ts";

/** What happens to heartbeats on a node, and to the scopes that live by them. */
export type LifetimeEvent =
  /** This node decides about it: it expires once so much time has passed, unless it is reset. */
  | { readonly type: "heartbeat.created"; readonly heartbeat: Heartbeat; readonly durationMs: number }
  /** At its home: somebody asked for more time, and got it or not (P4). */
  | {
      readonly type: "heartbeat.reset";
      readonly heartbeat: Heartbeat;
      readonly durationMs: number;
      readonly outcome: Outcome;
    }
  /**
   * This node knows its end, at most once: `decidedHere` when it wrote the cause itself (P1, P2), else it heard of it. A cause of null: that it
   * ended is all that is still known (P14).
   */
  | {
      readonly type: "heartbeat.ended";
      readonly heartbeat: Heartbeat;
      readonly cause: Cause | null;
      readonly decidedHere: boolean;
    }
  /** Somebody here who had registered for its end is told, under the number of the registration (P10). */
  | {
      readonly type: "heartbeat.told";
      readonly heartbeat: Heartbeat;
      readonly registration: string;
      readonly cause: Cause | null;
    }
  /** A process opens a scope of `Heartbeat.link`, or comes here with it open. */
  | { readonly type: "scope.entered"; readonly pid: Pid; readonly heartbeat: Heartbeat }
  /** Its heartbeat has ended: before anything else the process leaves the scope (P22). */
  | { readonly type: "scope.cancelled"; readonly pid: Pid; readonly heartbeat: Heartbeat }
  /** The scope is over here: what ran in it has ended, was cancelled, or goes on on another node. */
  | { readonly type: "scope.left"; readonly pid: Pid; readonly heartbeat: Heartbeat };

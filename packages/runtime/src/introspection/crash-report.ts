import type { Cause } from "@espalier/heartbeat";
import type { Pid } from "../addresses/pid.ts";
import type { ProcessDetails } from "./inspect.ts";

/** All that there is to say about a process that crashed, as of the moment when it did. It has no values of the process but its error. */
export interface CrashReport {
  /** Counts the crashes of this node, from 1. */
  readonly id: number;
  /** When, in milliseconds since 1970. */
  readonly atMs: number;
  /** How long the process had lived, in milliseconds. */
  readonly livedMs: number;
  readonly pid: Pid;
  readonly name: string | null;
  readonly label: string;
  /** Who spawned it, who spawned that, and so on, as far as they live: the nearest first. */
  readonly ancestors: readonly CrashAncestor[];
  readonly cause: Cause;
  /** Equal for crashes of the same kind: the error's name, and the author's line that threw it. */
  readonly fingerprint: string;
  /** The kind of the message that it had taken last, and was handling; null when it had taken none. */
  readonly handling: string | null;
  /** The kinds of the last messages that it took, the oldest first. */
  readonly recent: readonly string[];
  /** What waited: how many messages, and the kinds of the first five. */
  readonly mailbox: { readonly length: number; readonly stashed: number; readonly first: readonly string[] };
  /** To whom its end was told: as many as are shown, and how many there were. */
  readonly links: readonly Pid[];
  readonly linkCount: number;
  readonly monitorCount: number;
  /** What its supervisor decided; null until it has, and for a process that none supervises. */
  readonly decision: string | null;
  /** What to look at next, if there is a rule for such a crash. */
  readonly hint: string | null;
}

export interface CrashAncestor {
  readonly pid: Pid;
  readonly name: string | null;
  readonly label: string;
  /** What it says about itself, briefly: see `Process.expose`. */
  readonly details: ProcessDetails;
}

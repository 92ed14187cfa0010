import type { Pid } from "../addresses/pid.ts";

/** What becomes of checkpoints. */
export type CheckpointEvent =
  /** It is on the disk; the process goes on. */
  | {
      readonly type: "checkpoint.written";
      readonly pid: Pid;
      readonly computation: string;
      readonly epoch: number;
      readonly bytes: number;
    }
  /** It is gone from the disk: the process has ended, or is about to move away. */
  | { readonly type: "checkpoint.removed"; readonly pid: Pid; readonly computation: string; readonly epoch: number }
  /** A computation of a former life goes on as the process `pid`: this epoch of it is its own (at most once). */
  | {
      readonly type: "checkpoint.resumed";
      readonly pid: Pid;
      readonly label: string;
      readonly computation: string;
      readonly epoch: number;
    };

/** What somebody should look at. */
export type CheckpointReport =
  /** A file that no computation could be made of. It was kept under the name `keptAs`; null when that did not work either, and it is where it was. */
  | {
      readonly type: "checkpoint.unusable";
      readonly file: string;
      readonly keptAs: string | null;
      readonly reason: string;
    }
  /** What was to be done on the disk was not: `file` may be a computation that will be resumed although it is over, or miss one that goes on. */
  | {
      readonly type: "checkpoint.failed";
      readonly file: string;
      readonly label: string;
      readonly what: "claim" | "remove" | "write again";
      readonly reason: string;
    };

import type { Alarm } from "./timers/alarms.ts";
import type { Cell } from "./cell.ts";
import type { Kernel } from "./kernel.ts";
import type { Pid } from "./addresses/pid.ts";

/** What a suspended process waits for. While its status is `"waiting"`, a process has exactly one. */
export interface Waiting {
  /** For people: `"receive"`, `"call add"`, `"sleep"`. */
  readonly what: string;
  /** The process that has to do something first, where it is one. */
  readonly on?: Pid;
  /** Calls `ring` of this very object when it has waited long enough; null without a limit. */
  alarm?: Alarm | null;
  /**
   * What travels of it, without the alarm, when the process moves while it waits. Absent where nothing could: then the process moves once
   * the wait is over.
   */
  captureWait?(): CapturedWait;
  /** The process will not wait any more: it ended, or was cancelled. Whatever was held for the wait is released. */
  cancel(kernel: Kernel): void;
}

/** A wait as it travels with its process; see {@link WaitKind}. */
export interface CapturedWait {
  readonly kind: string;
  readonly data: unknown;
}

/** A wait that looks again each time something may have come, in the process's own slice. */
export interface Retrying extends Waiting {
  /** The result, or {@link suspended} to go on waiting. May throw: the error is thrown in the process. */
  retry(kernel: Kernel, cell: Cell): unknown;
}

/** What the handler of an operation returns when the result comes later. */
export const suspended: unique symbol = Symbol("suspended");

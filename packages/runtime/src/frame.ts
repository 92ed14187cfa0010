import type { Operation } from "@espalier/heartbeat";
import type { Hash } from "./code.ts";

/**
 * One running generator on a process's stack: the port between the scheduler and whatever executes code. A native generator
 * is a frame as it is; `@espalier/code` makes frames that can also say where they are.
 */
export interface Frame {
  next(value: unknown): IteratorResult<Operation<any, any>, unknown>;
  throw(error: unknown): IteratorResult<Operation<any, any>, unknown>;
  /** Runs the `finally` blocks that are open. */
  return(value: unknown): IteratorResult<Operation<any, any>, unknown>;
  /**
   * Position and live locals, leaving the frame as it is: a failed transfer simply goes on with it. Absent on frames that cannot move.
   *
   * @param check called with each live value and a description such as "`sock` of main (alive across line 3)"; it throws
   *   {@link NotMovableError} when the value cannot travel.
   */
  capture?(check: Check): FrameState;
  /** Function, file, line and column of the `yield*` that it waits at, as in a stack trace: `job (file:///app.ts:12:3)`. Null when it is over. */
  where?(): string | null;
}

export type Check = (value: unknown, describe: () => string) => void;

/** Whether `value` can be stepped: a native generator can. */
export function isFrame(value: unknown): value is Frame {
  const { next, throw: throws, return: returns } = (value ?? {}) as Partial<Frame>;
  return typeof next === "function" && typeof throws === "function" && typeof returns === "function";
}

/** A captured frame of code: plain data but for the live values in `slots`. */
export interface FrameState {
  readonly hash: Hash;
  /** Which generator of the definition: 0 is the definition itself, others are generators inside it. */
  readonly unit: number;
  /** The version of position numbering and slot order; a receiver refuses another one by name. */
  readonly abi: number;
  /** Where it stands: 0 is "not begun" and `slots` are the arguments. */
  readonly position: number;
  readonly slots: readonly unknown[];
}

/** A value that is alive across a move cannot travel. The message names the variable, what it is, and the remedy. */
export class NotMovableError extends Error {
  readonly code = "NOT_MOVABLE";
  constructor(message: string) {
    super(message);
    this.name = "NotMovableError";
  }
}

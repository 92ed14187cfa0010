import { Operation, type Moving } from "@espalier/heartbeat";
import type { Frame } from "./frame.ts";

/**
 * A computation as a value: nothing runs until a process performs it, and then in that process. It may move to another machine, so
 * `yield*` of it is only possible where moving is.
 */
export abstract class Remote<out A> extends Operation<A, Moving> {
  override get type(): string {
    return "remote";
  }

  /** What people call it. */
  get label(): string {
    return "remote";
  }

  /** A new frame that computes it. */
  abstract enter(): Frame;
}

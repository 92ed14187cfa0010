import { Operation } from "@espalier/heartbeat";
import type { Frame } from "../frame.ts";

/**
 * At the very bottom of a process that has a checkpoint: when its body is over, the checkpoint is taken from the disk before anybody hears
 * of the end. It belongs to this node and does not travel.
 */
export class Retiring implements Frame {
  #outcome: { readonly threw: boolean; readonly value: unknown } | null = null;

  next(value: unknown): ReturnType<Frame["next"]> {
    if (this.#outcome === null) return this.#retire(value, false);
    if (this.#outcome.threw) throw this.#outcome.value;
    return { done: true, value: this.#outcome.value };
  }

  throw(error: unknown): ReturnType<Frame["next"]> {
    if (this.#outcome !== null) throw error;
    return this.#retire(error, true);
  }

  return(value: unknown): IteratorReturnResult<unknown> {
    return { done: true, value };
  }

  #retire(value: unknown, threw: boolean): ReturnType<Frame["next"]> {
    this.#outcome = { threw, value };
    return { done: false, value: new Retire(threw) };
  }
}

/** The process is over, and its checkpoint with it. */
export class Retire extends Operation<void> {
  readonly threw: boolean;

  constructor(threw: boolean) {
    super();
    this.threw = threw;
  }

  override get type(): "checkpoint.retire" {
    return "checkpoint.retire";
  }
}

import { Operation, type Linkable } from "@espalier/heartbeat";
import { isFrame, type Frame } from "./frame.ts";
import { Remote } from "./moving/remote.ts";

/**
 * The frame that performs `what`: a Remote, any other operation, a generator, or a function that makes one of them.
 *
 * @throws TypeError naming `where` it was expected.
 */
export function frameOf(what: Linkable<unknown, unknown>, where: string): Frame {
  if (typeof what === "function") return frameOf(what(), where);
  if (what instanceof Remote) return what.enter();
  if (what instanceof Operation) return new Performing(what);
  if (isFrame(what)) return what;
  throw new TypeError(`${where}: expected an operation, a generator or a function that makes one, got ${typeof what}`);
}

/** A frame of one operation. */
export class Performing implements Frame {
  #operation: Operation<unknown, any> | null;

  /** @param operation null when it was handed over before. */
  constructor(operation: Operation<unknown, any> | null) {
    this.#operation = operation;
  }

  /** Whether the operation was handed over: what is left to do then is to pass its result on, so it need not travel. */
  get begun(): boolean {
    return this.#operation === null;
  }

  next(value: unknown): ReturnType<Frame["next"]> {
    const operation = this.#operation;
    if (operation === null) return { done: true, value };
    this.#operation = null;
    return { done: false, value: operation };
  }

  throw(error: unknown): never {
    throw error;
  }

  return(value: unknown): IteratorReturnResult<unknown> {
    return { done: true, value };
  }
}

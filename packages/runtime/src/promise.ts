import { Operation } from "@espalier/heartbeat";
import type { Cell } from "./cell.ts";
import type { Kernel } from "./kernel.ts";
import type { suspended, Waiting } from "./waiting.ts";

/** See `Remote.promise`. */
export class AwaitPromise<T> extends Operation<T> {
  readonly start: (signal: AbortSignal) => PromiseLike<T> | T;

  constructor(start: (signal: AbortSignal) => PromiseLike<T> | T) {
    super();
    this.start = start;
  }

  override get type(): "remote.promise" {
    return "remote.promise";
  }
}

export function performAwaitPromise(kernel: Kernel, cell: Cell, { start }: AwaitPromise<unknown>): typeof suspended {
  const waiting = new AwaitingPromise();
  const promise = start(waiting.controller.signal);
  void Promise.resolve(promise).then(
    (value) => {
      if (cell.waiting === waiting) kernel.resume(cell, value);
    },
    // The error keeps its own stack: it says more than the line that waited.
    (error: unknown) => {
      if (cell.waiting === waiting) kernel.throwInto(cell, error, "error");
    },
  );
  return kernel.wait(cell, waiting);
}

class AwaitingPromise implements Waiting {
  readonly what = "promise";
  readonly controller: AbortController = new AbortController();

  cancel(): void {
    this.controller.abort();
  }
}

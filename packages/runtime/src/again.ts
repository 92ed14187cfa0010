import { describe, Operation } from "@espalier/heartbeat";
import type { Cell } from "./cell.ts";
import type { Kernel } from "./kernel.ts";
import type { WaitKind } from "./moving/travelling-wait.ts";
import type { CapturedWait, Retrying } from "./waiting.ts";

/**
 * A wait that is given up and begun again elsewhere: of an operation that has changed nothing as long as it waits. It goes to the end of
 * whatever queue it waited in.
 */
export class AgainWaiting implements Retrying {
  readonly #operation: Operation<unknown>;

  constructor(operation: Operation<unknown>) {
    this.#operation = operation;
  }

  get what(): string {
    return this.#operation.type;
  }

  retry(kernel: Kernel, cell: Cell): unknown {
    const handler = kernel.handlers.get(this.#operation.type);
    if (handler === undefined) throw new TypeError(`this node does not know how to perform ${this.#operation.type}`);
    return handler(kernel, cell, this.#operation);
  }

  captureWait(): CapturedWait {
    return again(this.#operation);
  }

  cancel(): void {
    // It was not begun.
  }
}

/** For `Waiting.captureWait`. */
export function again(operation: Operation<unknown>): CapturedWait {
  return { kind: "again", data: operation };
}

export const againKind: WaitKind<Operation<unknown>> = {
  parse(data) {
    // Whatever else it could be entered instead of performed.
    if (data instanceof Operation && repeatable.has(data.type)) return data as Operation<unknown>;
    throw new TypeError(`wait: expected an operation that can be begun again, got ${describe(data)}`);
  },
  wait: (_kernel, _cell, operation) => new AgainWaiting(operation),
};

const repeatable: ReadonlySet<string> = new Set(["channel.next", "channel.peek", "channel.send", "heartbeat.end"]);

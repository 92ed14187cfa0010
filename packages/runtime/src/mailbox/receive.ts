import { CauseError, Operation } from "@espalier/heartbeat";
import type { Alarm, Ringable } from "../timers/alarms.ts";
import type { Cell } from "../cell.ts";
import type { Kernel } from "../kernel.ts";
import { suspended, type CapturedWait, type Retrying } from "../waiting.ts";

/** See `Self.receive`. */
export class Receive<T> extends Operation<T> {
  /** Null takes any message. */
  readonly match: ((message: any) => boolean) | null;
  readonly withinMs: number;
  /** What to do when the time has passed: return `value`, or fail with `timeout` when it is null. */
  readonly otherwise: { readonly value: unknown } | null;

  constructor(
    match: ((message: any) => boolean) | null,
    withinMs: number,
    otherwise: { readonly value: unknown } | null,
  ) {
    super();
    this.match = match;
    this.withinMs = withinMs;
    this.otherwise = otherwise;
  }

  override get type(): "process.receive" {
    return "process.receive";
  }

  /** What whoever waits for it waits for, for people. */
  get what(): string {
    return "receive";
  }
}

/** Waits for any message, for ever: by far the most common, so there is one. */
export const receiveAny: Receive<any> = new Receive(null, Infinity, null);

export function performReceive(kernel: Kernel, cell: Cell, operation: Receive<unknown>): unknown {
  const { mailbox } = cell;
  if (operation === receiveAny) {
    if (mailbox.length > 0) return (cell.handling = mailbox.shift());
    cell.handling = undefined;
    cell.waiting = receivingAny;
    cell.status = "waiting";
    return suspended;
  }
  const receiving = new Receiving(operation, cell);
  if (receiving.find(cell)) return receiving.found;
  if (operation.withinMs === 0) return receiving.timeOut();
  if (operation.withinMs < Infinity) receiving.alarm = kernel.alarms.set(operation.withinMs, receiving);
  if (receiving.any) cell.handling = undefined;
  return kernel.wait(cell, receiving);
}

/** A process waits for a message. The oldest that matches wins, the others stay in order. */
export class Receiving implements Retrying, Ringable {
  alarm: Alarm | null = null;
  found: unknown = undefined;
  readonly #operation: Receive<unknown>;
  readonly #cell: Cell | null;
  /** Messages that were looked at and did not match. */
  #scanned = 0;
  #expired = false;

  constructor(operation: Receive<unknown>, cell: Cell | null) {
    this.#operation = operation;
    this.#cell = cell;
  }

  get what(): string {
    return this.#operation.what;
  }

  get holder(): Cell | null {
    return this.#cell;
  }

  /** Whether any message will do: whoever waits for that has nothing to do. */
  get any(): boolean {
    return this.#operation.match === null;
  }

  /** A message comes: true when it is taken at once, without going through the mailbox. */
  takes(kernel: Kernel, cell: Cell, message: unknown): boolean {
    if (this.#operation.match !== null) return false;
    if (this.alarm !== null) kernel.alarms.cancel(this.alarm);
    cell.waiting = null;
    cell.handling = message;
    cell.resumption = "message";
    cell.status = "runnable";
    kernel.scheduler.enqueue(cell);
    return true;
  }

  /** Looks through what has come and was not looked at yet. The user's function runs here: in the slice of the process itself. */
  find(cell: Cell): boolean {
    const { match } = this.#operation;
    const { mailbox } = cell;
    const index = match === null ? (mailbox.length > 0 ? 0 : -1) : mailbox.findIndex(match, this.#scanned);
    if (index < 0) {
      this.#scanned = mailbox.length;
      return false;
    }
    this.found = mailbox.removeAt(index);
    cell.handling = this.found;
    return true;
  }

  /** A priority message was put into the mailbox at `index`, ahead of messages that were looked at already. */
  inserted(kernel: Kernel, cell: Cell, index: number): void {
    this.#scanned = Math.min(this.#scanned, index);
    kernel.retry(cell);
  }

  /** The message at `index` was taken out of the mailbox, and not by this process. */
  removed(index: number): void {
    if (index < this.#scanned) this.#scanned -= 1;
  }

  retry(kernel: Kernel, cell: Cell): unknown {
    let waits = false;
    try {
      if (this.find(cell)) return this.found;
      if (this.#expired) return this.timeOut();
      waits = true;
      return suspended;
    } finally {
      if (!waits) this.cancel(kernel);
    }
  }

  ring(): void {
    const cell = this.#cell as Cell;
    this.#expired = true;
    if (cell.waiting === this) cell.kernel.retry(cell);
  }

  captureWait(): CapturedWait {
    const { match, otherwise } = this.#operation;
    return { kind: "receive", data: { match, otherwise } };
  }

  /** The time has passed and nothing has come (settled in the same way for every wait with a limit). */
  timeOut(): unknown {
    const { otherwise } = this.#operation;
    if (otherwise !== null) return otherwise.value;
    throw new CauseError({ type: "timeout", what: "receive" });
  }

  cancel(kernel: Kernel): void {
    if (this.alarm !== null) kernel.alarms.cancel(this.alarm);
    this.alarm = null;
  }
}

/** Shared by all who wait for any message without a limit: whoever waits has nothing to release. */
export const receivingAny: Receiving = new Receiving(receiveAny, null);

import { Queue } from "@espalier/channels";
import type { Cell } from "../cell.ts";
import type { Kernel } from "../kernel.ts";
import { Receiving, receivingAny } from "./receive.ts";

/**
 * The mailbox of a process that has got a priority message: those are in front, in the order in which they came, and the others behind
 * them. Every other process has a plain queue, and pays nothing.
 */
export class PriorityMailbox extends Queue<unknown> {
  #urgent = 0;

  /** How many priority messages wait. */
  get urgent(): number {
    return this.#urgent;
  }

  /** Adds a priority message: behind the others of its kind, ahead of all that are not. */
  pushUrgent(message: unknown): void {
    this.insertAt(this.#urgent, message);
    this.#urgent += 1;
  }

  /** What was stashed comes back in front of the ordinary messages. */
  override unshift(message: unknown): void {
    this.insertAt(this.#urgent, message);
  }

  override shift(): unknown {
    if (this.#urgent > 0) this.#urgent -= 1;
    return super.shift();
  }

  override removeAt(index: number): unknown {
    // The first is taken by `shift`, which counts.
    if (index > 0 && index < this.#urgent) this.#urgent -= 1;
    return super.removeAt(index);
  }

  override clear(): void {
    this.#urgent = 0;
    super.clear();
  }
}

/** The mailbox of `cell`, where priority messages have their place. */
export function priorityMailbox(cell: Cell): PriorityMailbox {
  const { mailbox } = cell;
  if (mailbox instanceof PriorityMailbox) return mailbox;
  const made = new PriorityMailbox();
  for (const message of mailbox) made.push(message);
  cell.mailbox = made;
  return made;
}

/** How many priority messages wait in the mailbox of `cell`. */
export function urgentIn({ mailbox }: Cell): number {
  return mailbox instanceof PriorityMailbox ? mailbox.urgent : 0;
}

/** `Kernel.deliver` for a priority message. */
export function deliverAhead(kernel: Kernel, cell: Cell, message: unknown): void {
  const { waiting } = cell;
  const isWaiting = cell.status === "waiting";
  // Handed over at once, it overtakes nobody.
  if (!cell.alive || (isWaiting && waiting === receivingAny)) return kernel.deliver(cell, message);
  if (isWaiting && waiting instanceof Receiving && waiting.takes(kernel, cell, message)) {
    cell.received += 1;
    return;
  }
  const mailbox = priorityMailbox(cell);
  const index = mailbox.urgent;
  mailbox.pushUrgent(message);
  kernel.columns.delivered(cell);
  if (waiting instanceof Receiving) waiting.inserted(kernel, cell, index);
}

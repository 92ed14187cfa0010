import { Queue } from "@espalier/channels";
import { Operation } from "@espalier/heartbeat";
import type { Cell } from "../cell.ts";
import type { Kernel } from "../kernel.ts";

/** See `Self.stash`. */
export class Stash extends Operation<void> {
  readonly message: unknown;

  constructor(message: unknown) {
    super();
    this.message = message;
  }

  override get type(): "process.stash" {
    return "process.stash";
  }
}

export function performStash(_kernel: Kernel, cell: Cell, { message }: Stash): void {
  (cell.stash ??= new Queue()).push(message);
}

/** See `Self.unstash`. */
export class Unstash extends Operation<void> {
  override get type(): "process.unstash" {
    return "process.unstash";
  }
}

export function performUnstash(_kernel: Kernel, cell: Cell): void {
  const { stash, mailbox } = cell;
  if (stash === null) return;
  for (let index = stash.length - 1; index >= 0; index -= 1) mailbox.unshift(stash.at(index));
  cell.stash = null;
}

import type { Operation } from "@espalier/heartbeat";
import { InKernel } from "@espalier/runtime";
import type { Effect } from "./scope.ts";

/** What plain JavaScript asked for outside the steps of a process, such as a listener or a promise: the process does it in its turn. */
export class Later {
  readonly effect: Effect;

  constructor(effect: Effect) {
    this.effect = effect;
  }
}

/** A function that puts a {@link Later} into this process's own mailbox, from wherever it is called; nothing happens once the process has ended. */
export function laterHere(): Operation<(effect: Effect) => void> {
  return new InKernel((kernel, cell) => (effect: Effect) => {
    if (cell.alive) kernel.deliver(cell, new Later(effect));
  });
}

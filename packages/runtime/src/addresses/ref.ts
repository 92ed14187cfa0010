import type { Pid } from "./pid.ts";
import type { Watch } from "../exits/watch.ts";

/**
 * Names something that a process waits to hear about: a monitor, a call, a task. Unique, because the owner counts them.
 *
 * Together with its owner it is also an address: a reply to a ref that is not awaited any more is dropped.
 */
export class Ref {
  readonly owner: Pid;
  readonly serial: number;
  /**
   * What waits, while it waits, on the node that made this very object: saves the look-up.
   *
   * @internal
   */
  watch: Watch | null = null;

  constructor(owner: Pid, serial: number) {
    this.owner = owner;
    this.serial = serial;
  }

  equals(other: Ref): boolean {
    return this === other || (this.serial === other.serial && this.owner.equals(other.owner));
  }

  /** The ref's identity as text: for maps. */
  get key(): string {
    return `${this.owner.key}#${this.serial}`;
  }

  toString(): string {
    return `Ref(${this.owner.address.id.slice(0, 8)}.${this.owner.serial}#${this.serial})`;
  }

  toJSON(): string {
    return this.toString();
  }
}

import type { Cell } from "../cell.ts";
import type { NodeId } from "../cluster/node-ref.ts";

/** One life of a node: a restarted node has the same id and another incarnation (R-1308). */
export class NodeAddress {
  readonly id: NodeId;
  readonly incarnation: string;

  constructor(id: NodeId, incarnation: string) {
    this.id = id;
    this.incarnation = incarnation;
  }

  equals(other: NodeAddress): boolean {
    return this === other || (this.id === other.id && this.incarnation === other.incarnation);
  }
}

/**
 * The address of a process that receives messages of type `M`: a value that travels, good for ever, never used twice. It names the
 * process's home node, wherever the process runs now; the process may be long gone.
 *
 * `Pid<never>` is any process at all: it can be linked, monitored and ended, and nothing can be sent to it.
 */
export class Pid<in M = never> {
  declare readonly accepts: (message: M) => void;
  readonly address: NodeAddress;
  /** Counts the processes of this node and incarnation, from 1. */
  readonly serial: number;
  /**
   * The process itself while it lives on the node that made this very object: saves the look-up.
   *
   * @internal
   */
  cell: Cell | null = null;
  /**
   * Whether it answers for each message: its process was started with a bounded mailbox, and senders wait for room or are told that there is
   * none.
   *
   * @internal
   */
  answers = false;

  constructor(address: NodeAddress, serial: number) {
    this.address = address;
    this.serial = serial;
  }

  /** Whether both name the same process. */
  equals(other: Pid): boolean {
    return this === (other as unknown) || (this.serial === other.serial && this.address.equals(other.address));
  }

  /** The process's identity as text: for maps. */
  get key(): string {
    return `${this.address.id}/${this.address.incarnation}/${this.serial}`;
  }

  toString(): string {
    return `Pid(${this.address.id.slice(0, 8)}.${this.serial})`;
  }

  toJSON(): string {
    return this.toString();
  }
}

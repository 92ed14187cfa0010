import { type Cell, messageKind, type Node, Pid, type SliceWatch } from "@espalier/runtime";
import type { Names } from "./names.ts";
import { at } from "./shared.ts";

/** Writes down which process of a node has the event loop. */
export class WatchedNode implements SliceWatch {
  readonly #node: Node;
  readonly #shared: Float64Array;
  readonly #names: Names;
  readonly #home: string;
  /** The numbers of names, by what processes at home here are called, and by the keys of guests' pids. */
  readonly #numbers: Map<string, number> = new Map();
  /** For those that have no number of their own, because there are too many. */
  readonly #others: number;
  #called = "";
  #number: number;
  #current: Cell | null = null;

  constructor(node: Node, shared: Float64Array, names: Names) {
    this.#node = node;
    this.#shared = shared;
    this.#names = names;
    this.#home = node.ref.id.slice(0, 8);
    this.#others = names.add({ label: "process", pid: null }, this.#home);
    this.#number = this.#others;
    this.#numbers.set("", this.#others);
  }

  began(cell: Cell): void {
    const shared = this.#shared;
    this.#current = cell;
    if (cell.pid.address === this.#node.kernel.address) {
      const called = cell.name ?? cell.label;
      if (called !== this.#called) {
        this.#number = this.#numbers.get(called) ?? this.#add(called, called, null);
        this.#called = called;
      }
      shared[at.named] = this.#number;
      shared[at.serial] = cell.pid.serial;
    } else {
      const { key } = cell.pid;
      shared[at.named] = this.#numbers.get(key) ?? this.#add(key, cell.label, cell.pid);
      shared[at.serial] = 0;
    }
    shared[at.slices]! += 1;
  }

  ended(): void {
    this.#current = null;
    this.#shared[at.named] = 0;
    this.#shared[at.serial] = 0;
  }

  /** The kind of the message that the process which has the event loop is handling; null: there is none. */
  get handling(): string | null {
    const handling = this.#current?.handling;
    return handling === undefined ? null : messageKind(handling);
  }

  /** The process that the watchdog saw by these numbers; null: it was none of this node's. */
  find(named: number, serial: number): { readonly pid: Pid; readonly label: string } | null {
    const name = this.#names.get(named);
    if (name === null || ![...this.#numbers.values()].includes(named)) return null;
    if (name.pid !== null) return { pid: name.pid, label: name.label };
    const { kernel } = this.#node;
    const cell = kernel.cells.get(serial);
    return cell === undefined
      ? { pid: new Pid(kernel.address, serial), label: named === this.#others ? "" : name.label }
      : { pid: cell.pid, label: cell.label };
  }

  #add(key: string, label: string, pid: Pid | null): number {
    if (this.#names.full) return this.#others;
    const number = this.#names.add({ label, pid }, this.#home);
    this.#numbers.set(key, number);
    return number;
  }
}

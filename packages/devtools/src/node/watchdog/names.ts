import type { Worker } from "node:worker_threads";
import type { Pid } from "@espalier/runtime";
import type { Named } from "./shared.ts";

/** What processes are called, by the number that stands for it in the memory that is shared; 0 is no process. */
export interface Name {
  readonly label: string;
  /** Whose name it is; null: of all processes with this label that have their home here, told apart by the serial. */
  readonly pid: Pid | null;
}

/** Names that are kept. Programs whose labels have numbers in them have very many. */
const namesMax = 4_096;
const labelMax = 100;

/**
 * Tells the watchdog's thread what processes are called, once for each name, before the first slice of such a process: what is posted leaves this
 * thread at once, even if that is blocked right after.
 */
export class Names {
  readonly #worker: Worker;
  readonly #names: (Name | null)[] = [null];

  constructor(worker: Worker) {
    this.#worker = worker;
  }

  get full(): boolean {
    return this.#names.length >= namesMax;
  }

  /** The number of a new name. `home`: the beginning of the id of the node that has the processes. */
  add(name: Name, home: string): number {
    const index = this.#names.length;
    this.#names.push(name);
    const subject = name.label.slice(0, labelMax);
    const named: Named =
      name.pid === null
        ? { index, before: `${subject} Pid(${home}.`, after: ")" }
        : { index, before: `${subject} ${name.pid.toString()}`, after: "" };
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- between threads there is no origin
    this.#worker.postMessage(named);
    return index;
  }

  get(index: number): Name | null {
    return this.#names[index] ?? null;
  }
}

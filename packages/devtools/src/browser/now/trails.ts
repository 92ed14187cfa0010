import type { ProcessRow } from "../../protocol/sheets.ts";

const kept = 30;
const processesKept = 50;

/** The mailboxes of the processes that grow, as far as this page has seen them: the program keeps no history of each process. */
export class Trails {
  readonly #trails = new Map<string, number[]>();

  /** Takes the rows of a new answer. The same answer again is not a new sample: the caller says when there is one. */
  push(rows: readonly ProcessRow[]): void {
    for (const { pid, mailbox } of rows) {
      const trail = this.#trails.get(pid) ?? [];
      // Put back at the end: the first of the map is the one that was not among the rows for longest.
      this.#trails.delete(pid);
      this.#trails.set(pid, trail);
      trail.push(mailbox);
      if (trail.length > kept) trail.shift();
    }
    for (const pid of this.#trails.keys()) {
      if (this.#trails.size <= processesKept) break;
      this.#trails.delete(pid);
    }
  }

  of(pid: string): readonly number[] {
    return this.#trails.get(pid) ?? [];
  }
}

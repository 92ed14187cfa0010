import type { NodeAddress, Pid } from "../addresses/pid.ts";

/**
 * The links of one process: at most one for each other process. Most processes have one, to their supervisor, so the first
 * costs no map.
 */
export class Links implements Iterable<Pid> {
  readonly #here: NodeAddress;
  #first: Pid | null = null;
  /** The others, by serial on this node and by text elsewhere. Invariant: does not hold the first. */
  #rest: Map<number | string, Pid> | null = null;

  constructor(here: NodeAddress) {
    this.#here = here;
  }

  get size(): number {
    return (this.#first === null ? 0 : 1) + (this.#rest === null ? 0 : this.#rest.size);
  }

  has(pid: Pid): boolean {
    if (this.#first !== null && this.#first.equals(pid)) return true;
    return this.#rest !== null && this.#rest.has(this.#keyOf(pid));
  }

  /** False when it was there already. */
  add(pid: Pid): boolean {
    if (this.has(pid)) return false;
    if (this.#first === null) this.#first = pid;
    else (this.#rest ??= new Map()).set(this.#keyOf(pid), pid);
    return true;
  }

  /** False when it was not there. */
  delete(pid: Pid): boolean {
    if (this.#first !== null && this.#first.equals(pid)) {
      this.#first = null;
      return true;
    }
    return this.#rest !== null && this.#rest.delete(this.#keyOf(pid));
  }

  /** One of them; null when there is none. Together with {@link Links.rest} a way through them that makes nothing. */
  get first(): Pid | null {
    return this.#first;
  }

  /** All but the first; null when there are no more. */
  get rest(): ReadonlyMap<number | string, Pid> | null {
    return this.#rest;
  }

  *[Symbol.iterator](): Generator<Pid, void, undefined> {
    if (this.#first !== null) yield this.#first;
    if (this.#rest !== null) yield* this.#rest.values();
  }

  #keyOf(pid: Pid): number | string {
    return pid.address.equals(this.#here) ? pid.serial : pid.key;
  }
}

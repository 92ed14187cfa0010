import { Tally } from "@espalier/heartbeat";
import type { Pid } from "@espalier/runtime";

/** What is locked, and in whose name. Both are texts of the user's. */
export interface LockId {
  readonly resource: string;
  /** Whoever says the same shares the lock (R-1323). */
  readonly requester: string;
}

/** The locks that are set on one node: at most one requester has a resource, and every process that set the lock in its name has to let go. */
export class Locks {
  readonly #locks = new Map<string, { readonly requester: string; readonly holders: Set<string> }>();
  /** How many each asker has set, each as often as processes hold it. */
  readonly #perAsker = new Tally();
  readonly #perAskerMax: number;
  #size = 0;

  constructor(perAskerMax: number) {
    this.#perAskerMax = perAskerMax;
  }

  /** How many processes hold one, each as often as it holds any. */
  get size(): number {
    return this.#size;
  }

  /** @param asker the process of `Global` that asks for it: what one has set no other one takes away. */
  set({ resource, requester }: LockId, holder: Pid<any>, asker: Pid<any>): boolean {
    const lock = this.#locks.get(resource);
    if (lock !== undefined && lock.requester !== requester) return false;
    const key = keyOf(holder, asker);
    if (lock?.holders.has(key) === true) return true;
    if (this.#perAsker.of(asker.key) >= this.#perAskerMax) return false;
    this.#count(asker, 1);
    if (lock === undefined) this.#locks.set(resource, { requester, holders: new Set([key]) });
    else lock.holders.add(key);
    return true;
  }

  delete({ resource, requester }: LockId, holder: Pid<any>, asker: Pid<any>): void {
    const lock = this.#locks.get(resource);
    if (lock === undefined || lock.requester !== requester) return;
    if (lock.holders.delete(keyOf(holder, asker))) this.#count(asker, -1);
    if (lock.holders.size === 0) this.#locks.delete(resource);
  }

  /** What `asker` has set is set no more: its node is lost. */
  lost(asker: Pid<any>): void {
    for (const [resource, { holders }] of this.#locks) {
      for (const key of holders) {
        if (!key.startsWith(`${asker.key} `)) continue;
        holders.delete(key);
        this.#count(asker, -1);
      }
      if (holders.size === 0) this.#locks.delete(resource);
    }
  }

  #count(asker: Pid<any>, change: 1 | -1): void {
    this.#size += change;
    this.#perAsker.add(asker.key, change);
  }
}

function keyOf(holder: Pid<any>, asker: Pid<any>): string {
  return `${asker.key} ${holder.key}`;
}

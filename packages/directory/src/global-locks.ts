import type { Pid } from "@espalier/runtime";

/** What is locked, and in whose name. Both are texts of the user's. */
export interface LockId {
  readonly resource: string;
  /** Whoever says the same shares the lock (R-1323). */
  readonly requester: string;
}

/** How many locks may be held on one node, each as often as processes hold it. */
export const locksMax = 100_000;

/** The locks that are set on one node: at most one requester has a resource, and every process that set the lock in its name has to let go. */
export class Locks {
  readonly #locks = new Map<string, { readonly requester: string; readonly holders: Set<string> }>();
  #size = 0;

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
    if (this.#size >= locksMax) return false;
    this.#size += 1;
    if (lock === undefined) this.#locks.set(resource, { requester, holders: new Set([key]) });
    else lock.holders.add(key);
    return true;
  }

  delete({ resource, requester }: LockId, holder: Pid<any>, asker: Pid<any>): void {
    const lock = this.#locks.get(resource);
    if (lock === undefined || lock.requester !== requester) return;
    if (lock.holders.delete(keyOf(holder, asker))) this.#size -= 1;
    if (lock.holders.size === 0) this.#locks.delete(resource);
  }

  /** What `asker` has set is set no more: its node is lost. */
  lost(asker: Pid<any>): void {
    for (const [resource, { holders }] of this.#locks) {
      for (const key of holders) {
        if (!key.startsWith(`${asker.key} `)) continue;
        holders.delete(key);
        this.#size -= 1;
      }
      if (holders.size === 0) this.#locks.delete(resource);
    }
  }
}

function keyOf(holder: Pid<any>, asker: Pid<any>): string {
  return `${asker.key} ${holder.key}`;
}

import type { Pid } from "@espalier/runtime";

/** What is locked, and in whose name. Both are texts of the user's. */
export interface LockId {
  readonly resource: string;
  /** Whoever says the same shares the lock (R-1323). */
  readonly requester: string;
}

/** How many locks may be held on one node. */
export const locksMax = 100_000;

/** The locks that are set on one node: at most one requester has a resource, and every process that set the lock in its name has to let go. */
export class Locks {
  readonly #locks = new Map<string, { readonly requester: string; readonly holders: Set<string> }>();

  get size(): number {
    return this.#locks.size;
  }

  /** @param asker the process of `Global` that asks for it: what one has set no other one takes away. */
  set({ resource, requester }: LockId, holder: Pid<any>, asker: Pid<any>): boolean {
    let lock = this.#locks.get(resource);
    if (lock === undefined) {
      if (this.#locks.size >= locksMax) return false;
      lock = { requester, holders: new Set() };
      this.#locks.set(resource, lock);
    }
    if (lock.requester !== requester) return false;
    lock.holders.add(keyOf(holder, asker));
    return true;
  }

  delete({ resource, requester }: LockId, holder: Pid<any>, asker: Pid<any>): void {
    const lock = this.#locks.get(resource);
    if (lock === undefined || lock.requester !== requester) return;
    lock.holders.delete(keyOf(holder, asker));
    if (lock.holders.size === 0) this.#locks.delete(resource);
  }

  /** What `asker` has set is set no more: its node is lost. */
  lost(asker: Pid<any>): void {
    for (const [resource, { holders }] of this.#locks) {
      for (const key of holders) if (key.startsWith(`${asker.key} `)) holders.delete(key);
      if (holders.size === 0) this.#locks.delete(resource);
    }
  }
}

function keyOf(holder: Pid<any>, asker: Pid<any>): string {
  return `${asker.key} ${holder.key}`;
}

import type { Pid } from "@espalier/runtime";

/** Who is in a group, and how often. */
class Members {
  readonly #counts = new Map<string, { readonly pid: Pid<any>; count: number }>();
  #list: readonly Pid<any>[] | null = null;

  /** Each as often as it has joined. */
  get list(): readonly Pid<any>[] {
    if (this.#list !== null) return this.#list;
    const all = [...this.#counts.values()].flatMap(({ pid, count }) => Array.from({ length: count }, () => pid));
    // Everybody who asks gets this very list until it changes.
    this.#list = Object.freeze(all);
    return this.#list;
  }

  get empty(): boolean {
    return this.#counts.size === 0;
  }

  add(pid: Pid<any>): void {
    this.#list = null;
    const member = this.#counts.get(pid.key);
    if (member === undefined) this.#counts.set(pid.key, { pid, count: 1 });
    else member.count += 1;
  }

  /** Takes it away once; false when it is not there. */
  remove(pid: Pid<any>): boolean {
    const { key } = pid;
    const member = this.#counts.get(key);
    if (member === undefined) return false;
    this.#list = null;
    member.count -= 1;
    if (member.count === 0) this.#counts.delete(key);
    return true;
  }

  countOf({ key }: Pid<any>): number {
    return this.#counts.get(key)?.count ?? 0;
  }
}

/** Groups and their members. A group is there while it has one (R-1101). */
export class GroupSet {
  readonly #groups = new Map<string, Members>();
  /** How many members all groups have together, each as often as it has joined. */
  size = 0;

  get names(): readonly string[] {
    return [...this.#groups.keys()];
  }

  members(group: string): readonly Pid<any>[] {
    return this.#groups.get(group)?.list ?? [];
  }

  /** As it is written in messages and snapshots. */
  get entries(): readonly Membership[] {
    return [...this.#groups].map(([group, members]) => [group, members.list]);
  }

  add(group: string, pids: readonly Pid<any>[]): void {
    if (pids.length === 0) return;
    let members = this.#groups.get(group);
    if (members === undefined) {
      members = new Members();
      this.#groups.set(group, members);
    }
    for (const pid of pids) members.add(pid);
    this.size += pids.length;
  }

  /** Takes each away once (R-1103), and gives those that were there. */
  remove(group: string, pids: readonly Pid<any>[]): readonly Pid<any>[] {
    const members = this.#groups.get(group);
    if (members === undefined) return [];
    const removed = pids.filter((pid) => members.remove(pid));
    if (members.empty) this.#groups.delete(group);
    this.size -= removed.length;
    return removed;
  }

  /** How often the process has joined. */
  countOf(group: string, pid: Pid<any>): number {
    return this.#groups.get(group)?.countOf(pid) ?? 0;
  }

  /** What `other` has more often than this. */
  lacking(other: GroupSet): readonly Membership[] {
    const lacking: Membership[] = [];
    for (const [group, members] of other.#groups) {
      const here = new Map<string, number>();
      const missing = members.list.filter((pid) => {
        const seen = (here.get(pid.key) ?? 0) + 1;
        here.set(pid.key, seen);
        return seen > this.countOf(group, pid);
      });
      if (missing.length > 0) lacking.push([group, missing]);
    }
    return lacking;
  }
}

/** Members of a group, each as often as it has joined. */
export type Membership = readonly [group: string, pids: readonly Pid<any>[]];

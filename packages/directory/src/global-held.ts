import type { LocalGenerator } from "@espalier/heartbeat";
import { Process, type Down, type NodeId, type Pid, type Ref } from "@espalier/runtime";
import type { Asks, Done } from "./global-asks.ts";
import { Locks, type LockId } from "./global-locks.ts";

/** A lock that a process of this node holds, or is about to. */
interface Held {
  readonly id: LockId;
  readonly holder: Pid<any>;
  readonly ref: Ref;
  /** The processes of `Global` that were asked for it. */
  readonly at: Map<string, Pid<any>>;
}

/** The locks that are set on this node, and those that its processes set on others (R-1323). */
export class GlobalLocks {
  readonly #self: Pid<any>;
  readonly #asks: Asks;
  readonly #peers: () => readonly Pid<any>[];
  readonly #locks: Locks;
  readonly #held = new Map<string, Held>();

  constructor(self: Pid<any>, asks: Asks, peers: () => readonly Pid<any>[], locksMax: number) {
    this.#locks = new Locks(locksMax);
    this.#self = self;
    this.#asks = asks;
    this.#peers = peers;
  }

  /** On this node, for a process of `asker`'s. */
  set(id: LockId, holder: Pid<any>, asker: Pid<any>): boolean {
    return this.#locks.set(id, holder, asker);
  }

  delete(id: LockId, holder: Pid<any>, asker: Pid<any>): void {
    this.#locks.delete(id, holder, asker);
  }

  lost(asker: Pid<any>): void {
    this.#locks.lost(asker);
    for (const { at } of this.#held.values()) at.delete(asker.key);
  }

  /**
   * Sets a lock on `nodes`, all that there are where it is null, or on none of them. First on the node with the smallest id, where it is decided between
   * those who want it at the same time; nodes that are lost meanwhile do not count.
   */
  *acquire(id: LockId, holder: Pid<any>, nodes: readonly NodeId[] | null, done: Done<boolean>): LocalGenerator<void> {
    const targets = this.#targets(nodes);
    const held = yield* this.#heldBy(id, holder);
    const fresh = targets.filter(({ key }) => !held.at.has(key));
    for (const target of fresh) held.at.set(target.key, target);
    const [first, ...rest] = targets;
    if (first === undefined) {
      yield* this.#letGo(held, fresh);
      return yield* done(true);
    }
    // The holder may have ended by then.
    const unless = (isLocked: boolean, next: () => LocalGenerator<void>): LocalGenerator<void> =>
      isLocked && this.#isHeld(held) ? next() : this.#refuse(held, fresh, done);
    yield* this.#lockAt([first], id, holder, (isLocked) =>
      unless(isLocked, () => this.#lockAt(rest, id, holder, (areLocked) => unless(areLocked, () => done(true)))),
    );
  }

  *#refuse(held: Held, fresh: readonly Pid<any>[], done: Done<boolean>): LocalGenerator<void> {
    yield* this.#letGo(held, fresh);
    yield* done(false);
  }

  /** Takes back what `holder` has set on `nodes`. Whoever tries when `done` is performed finds it free. */
  *release(id: LockId, holder: Pid<any>, nodes: readonly NodeId[] | null, done: Done<void>): LocalGenerator<void> {
    const held = this.#held.get(keyOf(id, holder));
    if (held === undefined) return yield* done();
    const targets = nodes === null ? [...held.at.values()] : this.#targets(nodes);
    yield* this.#letGo(held, targets, done);
  }

  /** A process has ended: its locks are set no more. */
  *ended({ ref }: Down): LocalGenerator<void> {
    for (const held of [...this.#held.values()]) {
      if (held.ref.equals(ref)) yield* this.#letGo(held, [...held.at.values()]);
    }
  }

  *#letGo(held: Held, targets: readonly Pid<any>[], done: Done<void> = function* () {}): LocalGenerator<void> {
    const { id, holder, at, ref } = held;
    const others: Pid<any>[] = [];
    for (const target of targets) {
      if (!at.delete(target.key)) continue;
      if (target.equals(this.#self)) this.#locks.delete(id, holder, this.#self);
      else others.push(target);
    }
    yield* this.#asks.all(others, { type: "unlock", id, holder }, () => done());
    if (at.size > 0 || !this.#isHeld(held)) return;
    this.#held.delete(keyOf(id, holder));
    yield* Process.demonitor(ref, { flush: true });
  }

  *#lockAt(targets: readonly Pid<any>[], id: LockId, holder: Pid<any>, done: Done<boolean>): LocalGenerator<void> {
    const others = targets.filter((target) => !target.equals(this.#self));
    if (others.length < targets.length && !this.#locks.set(id, holder, this.#self)) return yield* done(false);
    yield* this.#asks.all(others, { type: "lock", id, holder }, (answers) =>
      done([...answers.values()].every((answer) => answer !== false)),
    );
  }

  #targets(nodes: readonly NodeId[] | null): readonly Pid<any>[] {
    return [this.#self, ...this.#peers()]
      .filter(({ address }) => nodes === null || nodes.includes(address.id))
      .sort((one, other) => (one.address.id < other.address.id ? -1 : 1));
  }

  *#heldBy(id: LockId, holder: Pid<any>): LocalGenerator<Held> {
    const key = keyOf(id, holder);
    const known = this.#held.get(key);
    if (known !== undefined) return known;
    const held: Held = { id, holder, ref: yield* Process.monitor(holder), at: new Map() };
    this.#held.set(key, held);
    return held;
  }

  #isHeld(held: Held): boolean {
    return this.#held.get(keyOf(held.id, held.holder)) === held;
  }
}

function keyOf({ resource, requester }: LockId, holder: Pid<any>): string {
  return `${holder.key} ${JSON.stringify([resource, requester])}`;
}

import type { Cause } from "@espalier/heartbeat";
import type { Cell } from "../cell.ts";
import type { Kernel } from "../kernel.ts";
import type { Pid } from "../addresses/pid.ts";
import type { Ref } from "../addresses/ref.ts";

/**
 * Somebody who wants to be told when a process ends. The watchers of a process are a linked list through them, so that watching
 * and ceasing to watch cost the same however many there are.
 */
export abstract class Watcher {
  /** The process, while it lives on this node and is watched. */
  watched: Cell | null = null;
  #previous: Watcher | null = null;
  #next: Watcher | null = null;

  /** The watched process ended. Called once, after the watcher has left the list. */
  abstract notify(kernel: Kernel, cause: Cause): void;

  attach(watched: Cell): void {
    const first = watched.watchers;
    this.watched = watched;
    this.#next = first;
    if (first !== null) first.#previous = this;
    watched.watchers = this;
  }

  detach(): void {
    const { watched } = this;
    if (watched === null) return;
    const previous = this.#previous;
    const next = this.#next;
    if (previous === null) watched.watchers = next;
    else previous.#next = next;
    if (next !== null) next.#previous = previous;
    this.watched = null;
    this.#previous = null;
    this.#next = null;
  }

  get next(): Watcher | null {
    return this.#next;
  }
}

/** A watcher on another node (or one whose home is there): it is told with a signal. */
export class RemoteWatcher extends Watcher {
  readonly ref: Ref;

  constructor(ref: Ref) {
    super();
    this.ref = ref;
  }

  override notify(kernel: Kernel, cause: Cause): void {
    const watched = this.watched;
    kernel.remoteWatchers.delete(this.ref.key);
    this.detach();
    if (watched === null) return;
    kernel.route(watched.pid, this.ref.owner, { type: "down", ref: this.ref, cause });
  }
}

/**
 * Something that a process of this node waits to hear about, under a {@link Ref}: why another process ended, or a reply. What happens
 * then is the subclass's: a DOWN message, the result of a call, the end of a task.
 */
export abstract class Watch extends Watcher {
  readonly owner: Cell;
  readonly ref: Ref;
  /** Whom it watches, wherever that is; null when it only waits for replies, or watched what never existed. */
  readonly target: Pid | null;
  #previousOwned: Watch | null = null;
  #nextOwned: Watch | null = null;

  constructor(owner: Cell, ref: Ref, target: Pid | null) {
    super();
    this.owner = owner;
    this.ref = ref;
    this.target = target;
    this.reopen();
  }

  /** It can be found under its ref. Only for a watch that is closed. */
  reopen(): void {
    const first = this.owner.watches;
    this.#nextOwned = first;
    if (first !== null) first.#previousOwned = this;
    this.owner.watches = this;
    this.ref.watch = this;
  }

  /** What was watched has ended. The watch is closed when this is called. */
  abstract down(kernel: Kernel, cause: Cause): void;

  /** A reply came. It is the watch's business to close itself. */
  abstract reply(kernel: Kernel, value: unknown): void;

  /** A message came to the ref, as to an alias; false when it is not active as one. */
  message(_kernel: Kernel, _message: unknown, _priority: boolean): boolean {
    return false;
  }

  /** Whether the ref is active as an alias. */
  get isAlias(): boolean {
    return false;
  }

  /** Whether it is one for priority messages. */
  takesPriority(): boolean {
    return false;
  }

  /** The ref is no alias any more; false when it was none. */
  unalias(): boolean {
    return false;
  }

  /** The owner has ended; the watch is closed. */
  ownerEnded(_kernel: Kernel): void {}

  /** What goes along when its owner moves; null when nothing has to. */
  capture(): CapturedWatch | null {
    return null;
  }

  /** Nothing is heard about it any more. Idempotent. */
  close(): void {
    if (this.ref.watch !== this) return;
    this.ref.watch = null;
    this.detach();
    const previous = this.#previousOwned;
    const next = this.#nextOwned;
    if (previous === null) this.owner.watches = next;
    else previous.#nextOwned = next;
    if (next !== null) next.#previousOwned = previous;
    this.#previousOwned = null;
    this.#nextOwned = null;
  }

  get open(): boolean {
    return this.ref.watch === this;
  }

  get nextOwned(): Watch | null {
    return this.#nextOwned;
  }

  override notify(kernel: Kernel, cause: Cause): void {
    this.close();
    // The owner lives here, but what it computes does not: its new place decides what the end means.
    const { place } = this.owner;
    if (place?.kind === "leaving") {
      place.fired.push(this);
      return place.hold({ type: "down", ref: this.ref, cause });
    }
    if (place?.kind !== "away") return this.down(kernel, cause);
    place.fired?.push(this);
    place.forward({ type: "down", ref: this.ref, cause });
  }
}

/** A watch of a process that is computed elsewhere: its home watches in its name, and forwards what comes. */
export class Relay extends Watch {
  override down(): void {
    // The owner is back without the watch that this stood for: it was told already, before its home knew that it watched (`watchChild`).
  }

  override reply(): never {
    throw new Error("a relay forwards: its owner is away");
  }
}

/** A watch as it travels with its owner. */
export interface CapturedWatch {
  readonly kind: string;
  readonly serial: number;
  readonly target: Pid | null;
  readonly data: unknown;
}

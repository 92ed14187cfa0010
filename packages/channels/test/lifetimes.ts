import { LeafHeartbeat, type Cause } from "@espalier/heartbeat";
import type { Dependent, Lifetime, Waiter } from "../src/index.ts";

/** A lifetime that a test ends by hand. */
export class ManualLifetime implements Lifetime {
  readonly dependents: Set<Dependent> = new Set();
  #cause: Cause | null = null;

  watch(dependent: Dependent): void {
    if (this.#cause === null) this.dependents.add(dependent);
    else dependent.end(this.#cause);
  }

  unwatch(dependent: Dependent): void {
    this.dependents.delete(dependent);
  }

  end(cause: Cause): void {
    this.#cause = cause;
    for (const dependent of this.dependents) dependent.end(cause);
  }
}

/** Notes what it was told as text, in the order in which everybody was told. */
export class NotingWaiter<T> implements Waiter<T> {
  readonly #name: string;
  readonly #notes: string[];

  constructor(name: string, notes: string[]) {
    this.#name = name;
    this.#notes = notes;
  }

  value(value: T): void {
    this.#notes.push(`${this.#name} got ${String(value)}`);
  }

  ended(cause: Cause): void {
    this.#notes.push(`${this.#name} ended ${cause.type}`);
  }

  accepted(outcome: string): void {
    this.#notes.push(`${this.#name} ${outcome}`);
  }

  closed(value: T): void {
    this.#notes.push(`${this.#name} handed back ${String(value)}`);
  }
}

export const heartbeat: LeafHeartbeat = new LeafHeartbeat("home", "1", 1);
export const home = "home";
let channelsMade = 0;

/** 16 bytes that no other call gives. */
export function freshBytes(): Uint8Array {
  channelsMade += 1;
  const bytes = new Uint8Array(16);
  new DataView(bytes.buffer).setUint32(12, channelsMade);
  return bytes;
}

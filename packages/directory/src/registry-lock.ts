import { CauseError } from "@espalier/heartbeat";
import type { Belonging, Cell, Kernel, Pid, suspended, Waiting } from "@espalier/runtime";
import { KeyMap, type RegistryKey } from "./registry-key.ts";

/** Who is in the critical section of each key, and who waits for it, first come first served (R-1034). */
export class RegistryLocks {
  readonly #kernel: Kernel;
  readonly #registry: Pid;
  readonly #lines = new KeyMap<Lock[]>();

  constructor(kernel: Kernel, registry: Pid) {
    this.#kernel = kernel;
    this.#registry = registry;
  }

  /** Gets in line. The lock is the process's when this has returned, or later, when the process is resumed. */
  acquire(lock: Lock): typeof suspended | undefined {
    const { cell, key } = lock;
    let line = this.#lines.get(key);
    if (line === undefined) this.#lines.set(key, (line = []));
    if (line[0]?.cell === cell) {
      throw new TypeError("Registry.lock: expected a key that this process has not locked, got one that it has");
    }
    line.push(lock);
    lock.enter(this);
    if (line[0] === lock) return undefined;
    return this.#kernel.wait(cell, new LockWaiting(lock, this.#registry));
  }

  /** Leaves the line, wherever in it the lock is; who is next goes on. */
  release(lock: Lock): void {
    const line = this.#lines.get(lock.key);
    const index = line?.indexOf(lock) ?? -1;
    if (line === undefined || index < 0) return;
    line.splice(index, 1);
    const [next] = line;
    if (next === undefined) this.#lines.delete(lock.key);
    else if (index === 0) this.#kernel.resume(next.cell, undefined);
  }

  /** The registry has ended. Who is in a critical section stays there; who waits is told. */
  close(): void {
    for (const [, ...waiting] of this.#lines.values()) {
      for (const { cell } of waiting) {
        if (!(cell.waiting instanceof LockWaiting)) continue;
        this.#kernel.throwInto(cell, new CauseError({ type: "noproc", what: this.#registry.toString() }));
      }
    }
  }
}

/** One process's place in the line of a key. It is given up when the process ends. */
export class Lock implements Belonging {
  readonly atHome = true;
  readonly cell: Cell;
  readonly key: RegistryKey;
  #locks: RegistryLocks | null = null;

  constructor(cell: Cell, key: RegistryKey) {
    this.cell = cell;
    this.key = key;
  }

  enter(locks: RegistryLocks): void {
    this.#locks = locks;
    (this.cell.belongings ??= new Set()).add(this);
  }

  /** Idempotent. */
  release(): void {
    this.cell.belongings?.delete(this);
    this.#locks?.release(this);
    this.#locks = null;
  }
}

class LockWaiting implements Waiting {
  readonly on: Pid;
  readonly #lock: Lock;

  constructor(lock: Lock, on: Pid) {
    this.#lock = lock;
    this.on = on;
  }

  get what(): string {
    return "a lock of a registry";
  }

  cancel(): void {
    this.#lock.release();
  }
}

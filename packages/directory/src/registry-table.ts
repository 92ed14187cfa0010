import type { Belonging, Cell, Kernel } from "@espalier/runtime";
import { KeyMap, type RegistryKey } from "./registry-key.ts";
import { NodeTables } from "./node-tables.ts";
import { RegistryLocks } from "./registry-lock.ts";

/** One registration: a process under a key. */
export interface Entry {
  readonly owner: Cell;
  readonly key: RegistryKey;
  value: unknown;
}

/**
 * The registrations of one registry, in the kernel of its node. They go with their owner, in the step in which it ends and before anybody hears of
 * that; who looks something up meanwhile sees whether an owner is alive, so nobody is ever given a dead one (R-1032).
 */
export class RegistryTable implements Belonging {
  readonly atHome = true;
  /** The registry's own process. */
  readonly holder: Cell;
  readonly unique: boolean;
  readonly locks: RegistryLocks;
  readonly #kernel: Kernel;
  readonly #keys = new KeyMap<Set<Entry>>();
  readonly #owners = new Map<Cell, Registrations>();
  readonly #closed: () => void;

  constructor(kernel: Kernel, holder: Cell, unique: boolean, closed: () => void) {
    this.#kernel = kernel;
    this.holder = holder;
    this.unique = unique;
    this.locks = new RegistryLocks(kernel, holder.pid);
    this.#closed = closed;
    (holder.belongings ??= new Set()).add(this);
  }

  /** The living owners of a key, the one that registered first before the others. */
  entriesOf(key: RegistryKey): Entry[] {
    return [...(this.#keys.get(key) ?? [])].filter(({ owner }) => owner.alive);
  }

  /** What a process has registered, in that order. */
  entriesBy(owner: Cell): Entry[] {
    return owner.alive ? [...(this.#owners.get(owner)?.entries ?? [])] : [];
  }

  /** All registrations of living processes. */
  *entries(): Generator<Entry, void, undefined> {
    for (const entries of this.#keys.values()) for (const entry of entries) if (entry.owner.alive) yield entry;
  }

  /** A new registration. The owner and the registry are linked from now on (R-1035). */
  add(owner: Cell, key: RegistryKey, value: unknown): void {
    let registrations = this.#owners.get(owner);
    if (registrations === undefined) {
      registrations = new Registrations(this, owner);
      this.#owners.set(owner, registrations);
      (owner.belongings ??= new Set()).add(registrations);
      if (owner !== this.holder && this.#kernel.addLink(owner, this.holder.pid)) {
        registrations.linked = true;
        this.#kernel.addLink(this.holder, owner.pid);
      }
    }
    const entry = { owner, key, value };
    registrations.entries.add(entry);
    const entries = this.#keys.get(key);
    if (entries === undefined) this.#keys.set(key, new Set([entry]));
    else entries.add(entry);
  }

  /** Takes registrations of one process away. With the last one the link goes (R-1035). */
  remove(owner: Cell, entries: readonly Entry[]): void {
    const registrations = this.#owners.get(owner);
    if (registrations === undefined) return;
    for (const entry of entries) {
      registrations.entries.delete(entry);
      const others = this.#keys.get(entry.key);
      others?.delete(entry);
      if (others?.size === 0) this.#keys.delete(entry.key);
    }
    if (registrations.entries.size > 0) return;
    this.#owners.delete(owner);
    owner.belongings?.delete(registrations);
    if (!registrations.linked) return;
    owner.links?.delete(this.holder.pid);
    this.holder.links?.delete(owner.pid);
  }

  /** The registry's process has ended. Its links tell the owners. */
  release(): void {
    this.locks.close();
    for (const [owner, registrations] of this.#owners) owner.belongings?.delete(registrations);
    this.#owners.clear();
    this.#closed();
  }
}

/** What one process has registered: it goes when the process does. */
class Registrations implements Belonging {
  readonly atHome = true;
  readonly entries = new Set<Entry>();
  /** Whether the two are linked because of this, and not for another reason. */
  linked = false;
  readonly #table: RegistryTable;
  readonly #owner: Cell;

  constructor(table: RegistryTable, owner: Cell) {
    this.#table = table;
    this.#owner = owner;
  }

  release(): void {
    this.#table.remove(this.#owner, [...this.entries]);
  }
}

/** The tables of the registries that run on a node, by name. */
const tables: NodeTables<RegistryTable> = new NodeTables();

export function tableOf(kernel: Kernel, name: string): RegistryTable | undefined {
  return tables.find(kernel, name);
}

/** Makes `holder` the process of a registry, until it ends. */
export function openTable(kernel: Kernel, holder: Cell, name: string, unique: boolean): void {
  const table: RegistryTable = new RegistryTable(kernel, holder, unique, () => close());
  const close = tables.put(kernel, name, table);
}

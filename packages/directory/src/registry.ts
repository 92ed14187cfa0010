import { CauseError, describe, type LocalGenerator, type Operation } from "@espalier/heartbeat";
import {
  InKernel,
  NameTakenError,
  OperationRefusedError,
  ownPid,
  Process,
  Server,
  type Cell,
  type Kernel,
  type Pid,
  type Self,
  type ServerDefinition,
  type StartOptions,
} from "@espalier/runtime";
import { checkKey, type RegistryKey } from "./registry-key.ts";
import { Lock } from "./registry-lock.ts";
import { openTable, tableOf, type Entry, type RegistryTable } from "./registry-table.ts";

/** Whether a key has one owner or any number of them. */
export type RegistryKeys = "unique" | "duplicate";

/** How to define a registry. */
export interface RegistryOptions<Keys extends RegistryKeys> {
  readonly keys: Keys;
  /**
   * Names of processes that are told, with a {@link RegistryEvent}, of each registration that is made or taken back. Not of those that go with
   * their owner: whoever wants to know of that monitors it.
   */
  readonly listeners?: readonly string[];
}

/** What listeners of a registry are told (R-1034). */
export type RegistryEvent<K = RegistryKey, V = unknown> =
  | { readonly type: "register"; readonly registry: string; readonly key: K; readonly pid: Pid; readonly value: V }
  | { readonly type: "unregister"; readonly registry: string; readonly key: K; readonly pid: Pid };

/** Who is registered under a key, and with what. */
export interface Registered<V, M = any> {
  readonly pid: Pid<M>;
  readonly value: V;
}

/**
 * A registry: its name, and the process that a supervisor can own. `K` is what processes are registered under, `V` what they register along.
 */
export class RegistryDefinition<
  K extends RegistryKey,
  V,
  Keys extends RegistryKeys = RegistryKeys,
> implements ServerDefinition<null, void, Server.NoMessages, Server.NoMessages> {
  declare readonly registers?: (key: K, value: V) => void;
  /** The registry's process has it as its name, too. */
  readonly name: string;
  readonly keys: Keys;
  readonly listeners: readonly string[];
  readonly body: (self: Self<unknown>) => LocalGenerator<void>;
  readonly label: string;
  readonly calls: readonly never[] = [];
  readonly casts: readonly never[] = [];

  constructor(name: string, { keys, listeners = [] }: RegistryOptions<Keys>) {
    this.name = name;
    this.keys = keys;
    this.listeners = [...listeners];
    this.label = `registry ${name}`;
    const { body } = Server.define({
      label: this.label,
      *init() {
        const holder = yield* Process.whereis(name);
        if (holder !== undefined && !holder.equals(yield* ownPid)) {
          return Server.fail({ type: "exit", reason: { type: "already-started", pid: holder } });
        }
        if (holder === undefined) yield* Process.register(name);
        yield* new InKernel((kernel, cell) => openTable(kernel, cell, name, keys === "unique"));
        return null;
      },
      info: () => Server.noReply(),
    });
    this.body = (self) => body(self, undefined);
    Object.defineProperty(this.body, "name", { value: this.label });
  }
}

/**
 * Defines a registry.
 *
 * ```ts
 * import { Node, Process, Registry, type Self } from "espalier";
 *
 * const Rooms = Registry.define<string, { topic: string }>("rooms", { keys: "unique" });
 *
 * function* room(self: Self<string>, name: string) {
 *   yield* Registry.register(Rooms, name, { topic: "everything" });
 *   yield* self.ready();
 *   for (;;) yield* self.receive();
 * }
 *
 * await using node = await Node.start();
 * await node.run(function* () {
 *   yield* Registry.start(Rooms);
 *   yield* Process.start(room, ["lobby"]);
 *   const [found] = yield* Registry.lookup(Rooms, "lobby");
 *   return found?.value.topic; // => "everything"
 * });
 * ```
 *
 * @throws TypeError naming the option, what was expected, and what came.
 */
export function define<K extends RegistryKey = string, V = undefined, Keys extends "unique" = "unique">(
  name: string,
  options: RegistryOptions<Keys>,
): RegistryDefinition<K, V, Keys>;
export function define<K extends RegistryKey = string, V = undefined, Keys extends RegistryKeys = "duplicate">(
  name: string,
  options: RegistryOptions<Keys>,
): RegistryDefinition<K, V, Keys>;
export function define(name: string, options: RegistryOptions<RegistryKeys>): RegistryDefinition<any, any> {
  if (typeof name !== "string" || name === "") {
    throw new TypeError(`name: expected a non-empty string, got ${describe(name)}`);
  }
  if (typeof options !== "object" || options === null) {
    throw new TypeError(
      `options of registry ${describe(name)}: expected an object with keys, got ${describe(options)}`,
    );
  }
  const { keys, listeners = [] } = options;
  if (keys !== "unique" && keys !== "duplicate") {
    throw new TypeError(`keys of registry ${describe(name)}: expected "unique" or "duplicate", got ${describe(keys)}`);
  }
  if (!Array.isArray(listeners) || listeners.some((listener) => typeof listener !== "string")) {
    throw new TypeError(`listeners of registry ${describe(name)}: expected names, got ${describe(listeners)}`);
  }
  return new RegistryDefinition<any, any>(name, options);
}

type AnyRegistry = RegistryDefinition<any, any>;

/** The process of a registry, started. See {@link startLink}; a supervisor starts it with `Supervisor.worker("rooms", Rooms, [])`. */
export function start(
  registry: AnyRegistry,
  options: Omit<StartOptions, "name" | "on"> = {},
): LocalGenerator<Pid<unknown>> {
  return started(registry, options, false);
}

/**
 * Starts a registry, linked with this process.
 *
 * - Errors: StartError, with `already-started` when a registry of this name runs on this node.
 */
export function startLink(
  registry: AnyRegistry,
  options: Omit<StartOptions, "name" | "on"> = {},
): LocalGenerator<Pid<unknown>> {
  return started(registry, options, true);
}

function* started(registry: AnyRegistry, options: StartOptions, link: boolean): LocalGenerator<Pid<unknown>> {
  return (yield* (link ? Server.startLink : Server.start)(registry, undefined, options)).pid;
}

/**
 * Registers this process under a key. It may have many keys, and each has a value; in a registry of duplicate keys also the same key more than
 * once (R-1030, R-1031). The registration goes with the process, and the process with the registry: the two are linked while there is a
 * registration (R-1032, R-1035). Registrations are of this node, and stay at the process's home when it computes elsewhere.
 *
 * - Errors: {@link NameTakenError} when keys are unique and the key has a living owner, which is named. `noproc` when the registry does not run.
 *   OperationRefusedError when this process is away from its home. TypeError for what is no {@link RegistryKey}.
 */
export function register<K extends RegistryKey, V>(
  registry: RegistryDefinition<K, V>,
  key: NoInfer<K>,
  ...value: undefined extends V ? readonly [value?: NoInfer<V>] : readonly [value: NoInfer<V>]
): Operation<void> {
  checkKey(key);
  return inTable(registry, (table, kernel, cell) => {
    const holder = registerIn(registry, table, kernel, cell, key, value[0]);
    if (holder !== null) throw new NameTakenError(`${describe(key)} in ${registry.name}`, holder);
  });
}

/** Takes back what this process has under a key; nothing when it has nothing there (R-1031). */
export function unregister<K extends RegistryKey>(
  registry: RegistryDefinition<K, any>,
  key: NoInfer<K>,
): Operation<void> {
  return unregisterMatch(registry, key, () => true);
}

/** Takes back what this process has under a key with a value for which `matches` holds. */
export function unregisterMatch<K extends RegistryKey, V>(
  registry: RegistryDefinition<K, V>,
  key: NoInfer<K>,
  matches: (value: V) => boolean,
): Operation<void> {
  checkKey(key);
  return inTable(registry, (table, kernel, cell) => {
    refuseAway(cell, "registry.unregister");
    const entries = table.entriesOf(key).filter(({ owner, value }) => owner === cell && matches(value as V));
    table.remove(cell, entries);
    for (const entry of entries) {
      tell(registry, kernel, cell, { type: "unregister", registry: registry.name, key: entry.key, pid: cell.pid });
    }
  });
}

/**
 * Replaces the value that this process has under a unique key by what `update` makes of it (R-1031).
 *
 * @returns both values; null when this process does not have the key.
 */
export function updateValue<K extends RegistryKey, V>(
  registry: RegistryDefinition<K, V, "unique">,
  key: NoInfer<K>,
  update: (value: V) => V,
): Operation<{ readonly value: V; readonly old: V } | null> {
  checkKey(key);
  checkUnique(registry, "Registry.updateValue");
  return inTable(registry, (table, _kernel, cell) => {
    const entry = table.entriesOf(key).find(({ owner }) => owner === cell);
    if (entry === undefined) return null;
    const old = entry.value as V;
    const value = update(old);
    entry.value = value;
    return { value, old };
  });
}

/** Who is registered under a key, in the order in which they did. Never a process that has ended (R-1032). */
export function lookup<K extends RegistryKey, V>(
  registry: RegistryDefinition<K, V>,
  key: NoInfer<K>,
): Operation<readonly Registered<V>[]> {
  return match(registry, key, () => true);
}

/** Those of {@link lookup} whose value matches. */
export function match<K extends RegistryKey, V>(
  registry: RegistryDefinition<K, V>,
  key: NoInfer<K>,
  matches: (value: V) => boolean,
): Operation<readonly Registered<V>[]> {
  checkKey(key);
  return inTable(registry, (table) => found<V>(table.entriesOf(key)).filter(({ value }) => matches(value)));
}

/** Who has a unique key; undefined for nobody. */
export function whereis<K extends RegistryKey, M = any>(
  registry: RegistryDefinition<K, any, "unique">,
  key: NoInfer<K>,
): Operation<Pid<M> | undefined> {
  checkKey(key);
  checkUnique(registry, "Registry.whereis");
  return inTable(registry, (table) => table.entriesOf(key)[0]?.owner.pid as Pid<M> | undefined);
}

/** The keys of a process, in the order of its registrations; one that it registered twice is there twice. */
export function keys<K extends RegistryKey>(registry: RegistryDefinition<K, any>, pid: Pid): Operation<readonly K[]> {
  return inTable(registry, (table, kernel) => {
    const owner = kernel.find(pid);
    return owner === undefined ? [] : table.entriesBy(owner).map(({ key }) => key as K);
  });
}

/** The values that a process has under a key. */
export function values<K extends RegistryKey, V>(
  registry: RegistryDefinition<K, V>,
  key: NoInfer<K>,
  pid: Pid,
): Operation<readonly V[]> {
  checkKey(key);
  return inTable(registry, (table) =>
    table.entriesOf(key).flatMap(({ owner, value }) => (owner.pid.equals(pid) ? [value as V] : [])),
  );
}

/** All registrations for which `matches` holds; all there are unless it is given. */
export function select<K extends RegistryKey, V>(
  registry: RegistryDefinition<K, V>,
  matches: (registration: Registered<V> & { readonly key: K }) => boolean = () => true,
): Operation<readonly (Registered<V> & { readonly key: K })[]> {
  return inTable(registry, (table) =>
    Array.from(table.entries(), ({ owner, key, value }) => ({
      key: key as K,
      pid: owner.pid,
      value: value as V,
    })).filter(matches),
  );
}

/** How many registrations there are. */
export function count(registry: AnyRegistry): Operation<number> {
  return inTable(registry, (table) => [...table.entries()].length);
}

/** How many registrations there are under a key, with a value that matches. */
export function countMatch<K extends RegistryKey, V>(
  registry: RegistryDefinition<K, V>,
  key: NoInfer<K>,
  matches: (value: V) => boolean,
): Operation<number> {
  checkKey(key);
  return inTable(registry, (table) => table.entriesOf(key).filter(({ value }) => matches(value as V)).length);
}

/**
 * Calls `deliver`, in this process, with everybody who is registered under a key, such as to send them something. It is not called when there is
 * nobody (R-1034).
 */
export function* dispatch<K extends RegistryKey, V>(
  registry: RegistryDefinition<K, V>,
  key: NoInfer<K>,
  deliver: (registered: readonly Registered<V>[]) => LocalGenerator<unknown>,
): LocalGenerator<void> {
  const registered = yield* lookup(registry, key);
  if (registered.length > 0) yield* deliver(registered);
}

/**
 * Performs `critical` while no other process holds the lock of this key, which is independent of who is registered under it. First come, first
 * served; the lock is released when `critical` returns or throws, and when its holder ends, however it does (R-1034).
 *
 * - Errors: TypeError when this process holds it already; `noproc` when the registry does not run, or ends while this waits. Those of `critical`.
 */
export function* lock<K extends RegistryKey, A>(
  registry: RegistryDefinition<K, any>,
  key: NoInfer<K>,
  critical: () => LocalGenerator<A>,
): LocalGenerator<A> {
  checkKey(key);
  let held: Lock | null = null;
  try {
    yield* inTable(registry, (table, _kernel, cell) => {
      refuseAway(cell, "registry.lock");
      held = new Lock(cell, key);
      return table.locks.acquire(held) as void;
    });
    return yield* critical();
  } finally {
    // No operation: this process may be ending.
    (held as Lock | null)?.release();
  }
}

/** Registers a process of this node's kernel. @returns who has the key already; null when it is the process's now. */
export function registerIn(
  registry: AnyRegistry,
  table: RegistryTable,
  kernel: Kernel,
  cell: Cell,
  key: RegistryKey,
  value: unknown,
): Pid<any> | null {
  refuseAway(cell, "registry.register");
  const [holder] = table.unique ? table.entriesOf(key) : [];
  if (holder !== undefined) return holder.owner.pid;
  table.add(cell, key, value);
  tell(registry, kernel, cell, { type: "register", registry: registry.name, key, pid: cell.pid, value });
  return null;
}

/** @throws CauseError with `noproc` when the registry does not run on this node. */
export function inTable<A>(
  { name }: AnyRegistry,
  perform: (table: RegistryTable, kernel: Kernel, cell: Cell) => A,
): InKernel<A> {
  return new InKernel((kernel, cell) => {
    const table = tableOf(kernel, name);
    if (table === undefined) throw new CauseError({ type: "noproc", what: `registry ${name}` });
    return perform(table, kernel, cell);
  });
}

/** @throws TypeError when keys are not unique: nobody in particular has such a key (R-1033). */
export function checkUnique({ name, keys: kind }: AnyRegistry, where: string): void {
  if (kind === "unique") return;
  throw new TypeError(`${where}: expected a registry of unique keys, got ${describe(name)}, whose keys are duplicate`);
}

function found<V>(entries: readonly Entry[]): Registered<V>[] {
  return entries.map(({ owner, value }) => ({ pid: owner.pid, value: value as V }));
}

function refuseAway(cell: Cell, operation: string): void {
  if (cell.place === null) return;
  throw new OperationRefusedError(
    operation,
    "the process is away from its home, where its registration would be; register before it moves",
  );
}

function tell({ listeners }: AnyRegistry, kernel: Kernel, cell: Cell, event: RegistryEvent): void {
  for (const name of listeners) {
    const listener = kernel.whereis(name);
    if (listener !== undefined) kernel.effect(cell, listener.pid, { type: "message", message: event });
  }
}

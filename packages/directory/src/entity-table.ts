import { describe, kill, type Cause } from "@espalier/heartbeat";
import type { Belonging, Cell, Kernel, Pid, Self } from "@espalier/runtime";
import { NodeTables } from "./node-tables.ts";
import { KeyMap, type RegistryKey } from "./registry-key.ts";

/** How the entities of one kind live. */
export interface EntityPlan {
  readonly name: string;
  /** What the process of an entity runs. */
  readonly body: (self: Self<unknown>, entity: Entity) => Generator<any, unknown, any>;
  readonly idleMs: number;
  readonly startWithinMs: number;
  readonly stopWithinMs: number;
}

/** The process of one key: from the message that started it until it has ended. */
export class Entity implements Belonging {
  readonly table: EntityTable;
  readonly key: RegistryKey;
  /** Processes of the key that have not ended yet. This one begins when they have. */
  readonly former: readonly Pid[];
  /** Why it ends when nothing waits for it any more; null while it takes messages. */
  leaving: Cause | null = null;
  readonly stays = "it is an entity, which is where its address says";
  #cell: Cell | null = null;
  #alarm: ReturnType<Kernel["alarms"]["set"]> | null = null;

  constructor(table: EntityTable, key: RegistryKey, former: readonly Pid[]) {
    this.table = table;
    this.key = key;
    this.former = former;
  }

  get cell(): Cell {
    return this.#cell as Cell;
  }

  begin(cell: Cell): void {
    this.#cell = cell;
    (cell.belongings ??= new Set()).add(this);
  }

  /** From now on it may take so long: to start, or to stop. */
  limit(ms: number, what: string): void {
    this.unlimit();
    if (ms === Infinity) return;
    const { kernel } = this.cell;
    this.#alarm = kernel.alarms.set(ms, {
      what,
      ring: () => {
        const { pid, trapping } = this.cell;
        const cause: Cause = trapping ? kill : { type: "timeout", what };
        kernel.route(kernel.root, pid, { type: "exit", from: kernel.root, cause, link: false });
      },
    });
  }

  unlimit(): void {
    if (this.#alarm !== null) this.cell.kernel.alarms.cancel(this.#alarm);
    this.#alarm = null;
  }

  /** What is sent to the key from now on is for the next process. This one takes what waits for it, and ends. */
  leave(cause: Cause): void {
    if (this.leaving !== null) return;
    this.leaving = cause;
    this.table.left(this);
    this.limit(this.table.plan.stopWithinMs, `stop of ${this.table.textOf(this.key)}`);
  }

  /** The process has ended: the key is free before anybody hears of it. */
  release(): void {
    this.unlimit();
    this.table.ended(this);
  }
}

/** The processes of one key: at most one takes messages, and the others are about to end. */
interface Slot {
  active: Entity | null;
  readonly all: Set<Entity>;
}

/**
 * The entities of one kind on one node. It outlives the process that they are linked with: of a key there is never a second process that acts, even if
 * that one is killed and started again.
 */
export class EntityTable implements Belonging {
  readonly atHome = true;
  readonly plan: EntityPlan;
  /** No entity is started any more. */
  closed = false;
  readonly #kernel: Kernel;
  /** The process with which all are linked; null while none runs. */
  #holder: Cell | null = null;
  readonly #slots = new KeyMap<Slot>();

  constructor(kernel: Kernel, plan: EntityPlan) {
    this.#kernel = kernel;
    this.plan = plan;
  }

  open(holder: Cell): void {
    this.#holder = holder;
    this.closed = false;
    (holder.belongings ??= new Set()).add(this);
  }

  /** The process that takes messages for a key, if there is one. */
  find(key: RegistryKey): Pid<any> | undefined {
    const active = this.#slots.get(key)?.active;
    return active?.cell.alive === true ? active.cell.pid : undefined;
  }

  /** The process for the next message to a key: it is started if there is none. Undefined when none may be started. */
  reach(key: RegistryKey): Pid<any> | undefined {
    return this.find(key) ?? this.#start(key)?.pid;
  }

  /** Those that take messages. */
  *active(): Generator<Entity, void, undefined> {
    for (const { active } of this.#slots.values()) if (active?.cell.alive === true) yield active;
  }

  /** All that have not ended. */
  *entities(): Generator<Entity, void, undefined> {
    for (const { all } of this.#slots.values()) yield* all;
  }

  #start(key: RegistryKey): Cell | undefined {
    const holder = this.#holder;
    if (holder === null || !holder.alive || this.closed || this.#kernel.stopping) return undefined;
    let slot = this.#slots.get(key);
    if (slot === undefined) this.#slots.set(key, (slot = { active: null, all: new Set() }));
    const former = [...slot.all].map(({ cell }) => cell.pid);
    const entity = new Entity(this, key, former);
    const cell = this.#kernel.spawn(holder.pid, this.plan.body, [entity], null, this.textOf(key));
    entity.begin(cell);
    this.#kernel.addLink(cell, holder.pid);
    this.#kernel.addLink(holder, cell.pid);
    slot.active = entity;
    slot.all.add(entity);
    return cell;
  }

  left(entity: Entity): void {
    const slot = this.#slots.get(entity.key);
    if (slot?.active === entity) slot.active = null;
  }

  ended(entity: Entity): void {
    this.left(entity);
    const slot = this.#slots.get(entity.key);
    slot?.all.delete(entity);
    if (slot?.all.size === 0) this.#slots.delete(entity.key);
    // Its end is nobody else's: the next message starts it again.
    const { cell } = entity;
    if (this.#holder === null || cell.links?.delete(this.#holder.pid) !== true) return;
    this.#holder.links?.delete(cell.pid);
  }

  /** The process that all are linked with has ended, and its links tell them. */
  release(): void {
    this.#holder = null;
  }

  /** For people. */
  textOf(key: RegistryKey): string {
    return `${this.plan.name} ${describe(key)}`;
  }
}

const tables: NodeTables<EntityTable> = new NodeTables();

export function entityTable(kernel: Kernel, name: string): EntityTable | undefined {
  return tables.find(kernel, name);
}

/** Makes `holder` the process with which the entities of a kind are linked, until it ends. */
export function openEntities(kernel: Kernel, holder: Cell, plan: EntityPlan): EntityTable {
  let table = tables.find(kernel, plan.name);
  if (table === undefined) tables.put(kernel, plan.name, (table = new EntityTable(kernel, plan)));
  table.open(holder);
  return table;
}

/** The entity that a process is; undefined for any other. */
export function entityOf(cell: Cell): Entity | undefined {
  for (const belonging of cell.belongings ?? []) if (belonging instanceof Entity) return belonging;
  return undefined;
}

import { describe, durationMs, type Duration, type LocalGenerator, type Operation } from "@espalier/heartbeat";
import {
  InKernel,
  isDown,
  OperationRefusedError,
  Process,
  Server,
  type Body,
  type Exit,
  type Pid,
  type Self,
  type ServerDefinition,
  type ServerRef,
  type StartOptions,
} from "@espalier/runtime";
import { EntityName } from "./entity-name.ts";
import { EntitySelf, wake } from "./entity-self.ts";
import { entityOf, entityTable, openEntities, type Entity, type EntityPlan } from "./entity-table.ts";
import { checkKey, type RegistryKey } from "./registry-key.ts";

/** How the entities of one kind live; everything has a default. */
export interface EntityOptions {
  /**
   * How long an entity waits for a message before it is passivated: it ends, `{ type: "shutdown", detail: "idle" }`, and the next message starts it again.
   * 2 minutes unless given; `"infinity"`: never.
   */
  readonly idle?: Duration;
  /** How long an entity may take to start, from its first step until it is initialised: 30 seconds unless given. Then it ends, `timeout`. */
  readonly startWithin?: Duration;
  /** How long an entity may take to handle what waits and to end, once it leaves: 30 seconds unless given. Then it ends, `timeout` or killed. */
  readonly stopWithin?: Duration;
}

/** What an entity runs: a server whose argument is the key, a statechart whose input is the key, or a body whose parameter is the key. */
export type EntityBody<K> =
  | ServerDefinition<any, K, any, any>
  | { readonly body: Body<any, [key: K], unknown> }
  | Body<any, [key: K], unknown>;

/** A kind of entity: its name, and the process that a supervisor can own. */
export class EntitiesDefinition<
  in out K extends RegistryKey,
  Calls = Server.NoMessages,
  Casts = Server.NoMessages,
  in M = any,
> implements ServerDefinition<null, void, Server.NoMessages, Server.NoMessages> {
  declare readonly keyed?: (key: K, message: M) => K;
  /** The process that all entities of the kind are linked with has it as its name, too. */
  readonly name: string;
  readonly entity: EntityBody<K>;
  readonly body: (self: Self<unknown>) => LocalGenerator<void>;
  readonly label: string;
  readonly calls: readonly never[] = [];
  readonly casts: readonly never[] = [];
  declare readonly messages?: { readonly calls: Calls; readonly casts: Casts };

  constructor(name: string, entity: EntityBody<K>, plan: EntityPlan) {
    this.name = name;
    this.entity = entity;
    this.label = `entities ${name}`;
    const { body } = keeper(plan, this.label);
    this.body = (self) => body(self, self);
    Object.defineProperty(this.body, "name", { value: this.label });
  }
}

/** The process that all entities of a kind are linked with. When it is to end they all are, and it waits for them. */
function keeper(plan: EntityPlan, label: string): ServerDefinition<Self<any>, Self<any>, {}, {}> {
  return Server.define({
    label,
    *init(self: Self<any>): LocalGenerator<any> {
      const holder = yield* Process.whereis(plan.name);
      if (holder !== undefined && !holder.equals(self.pid)) {
        return Server.fail({ type: "exit", reason: { type: "already-started", pid: holder } });
      }
      if (holder === undefined) yield* Process.register(plan.name);
      yield* Process.trapExit(true);
      yield* new InKernel((kernel, cell) => openEntities(kernel, cell, plan));
      return self;
    },
    info: (_, message) => (isFatal(message) ? Server.stop(message.cause) : Server.noReply()),
    terminate: (self) => stopAll(self, plan.name),
  });
}

/** All at once: each handles what waits for it, and ends. */
function* stopAll(self: Self<any>, name: string): LocalGenerator<void> {
  const pids = yield* new InKernel((kernel) => {
    const table = entityTable(kernel, name);
    if (table === undefined) return [];
    table.closed = true;
    for (const entity of table.active()) entity.leave({ type: "shutdown" });
    return [...table.entities()].map(({ cell }) => cell.pid);
  });
  for (const pid of pids) yield* Process.send(pid, wake);
  for (const pid of pids) {
    const ref = yield* Process.monitor(pid);
    yield* self.receive({ match: (message) => isDown(message) && message.ref.equals(ref) });
  }
}

function isFatal(message: unknown): message is Exit {
  const { type, cause } = (message ?? {}) as Partial<Exit>;
  return type === "EXIT" && cause?.type !== "normal";
}

/**
 * Defines a kind of entity: a process for each key, that is there whenever it is sent something (R-1420). The first message starts it, its `init`
 * gets the key, and what it says when it ends is where it may put what it is to know the next time.
 *
 * ```ts
 * import { Entities, Node, Server } from "espalier";
 *
 * const carts = new Map<string, string[]>(); // or a table of a database
 *
 * const Cart = Server.define({
 *   init: (user: string) => ({ user, items: carts.get(user) ?? [] }),
 *   call: {
 *     add: ({ items }, item: string) => items.push(item),
 *     list: ({ items }) => [...items],
 *   },
 *   terminate: ({ user, items }) => void carts.set(user, items),
 * });
 * const Carts = Entities.define("carts", Cart, { idle: "50ms" });
 *
 * await using node = await Node.start();
 * await node.run(function* () {
 *   yield* Entities.start(Carts);
 *   const cart = Entities.ref(Carts, "ada");
 *   yield* cart.call.add("tea");
 *   return yield* cart.call.list(); // => ["tea"]
 * });
 * ```
 *
 * @throws TypeError or RangeError naming the option, what was expected, and what came.
 */
export function define<K extends RegistryKey, Calls, Casts>(
  name: string,
  entity: ServerDefinition<any, K, Calls, Casts>,
  options?: EntityOptions,
): EntitiesDefinition<K, Calls, Casts>;
export function define<K extends RegistryKey, M>(
  name: string,
  entity: Body<M, [key: K], unknown> | { readonly body: Body<M, [key: K], unknown> },
  options?: EntityOptions,
): EntitiesDefinition<K, Server.NoMessages, Server.NoMessages, M>;
export function define(
  name: string,
  entity: EntityBody<any>,
  { idle = "2m", startWithin = "30s", stopWithin = "30s" }: EntityOptions = {},
): EntitiesDefinition<any, any, any> {
  if (typeof name !== "string" || name === "") {
    throw new TypeError(`name: expected a non-empty string, got ${describe(name)}`);
  }
  const body: unknown =
    typeof entity === "function" ? entity : (entity as Partial<ServerDefinition<any, any, any, any>>)?.body;
  if (typeof body !== "function") {
    throw new TypeError(
      `entity of ${describe(name)}: expected a process body or a definition, got ${describe(entity)}`,
    );
  }
  return new EntitiesDefinition(name, entity, {
    name,
    body: (_, started) => live(started, body as AnyEntityBody),
    idleMs: durationMs(idle, "idle"),
    startWithinMs: durationMs(startWithin, "startWithin"),
    stopWithinMs: durationMs(stopWithin, "stopWithin"),
  });
}

type AnyEntityBody = (self: Self<any>, key: RegistryKey) => LocalGenerator<unknown>;

/** One life of an entity. It begins when those before it have ended; what comes meanwhile waits in its mailbox. */
function* live(entity: Entity, body: AnyEntityBody): LocalGenerator<void> {
  const self = new EntitySelf(entity);
  for (const former of entity.former) {
    const ref = yield* Process.monitor(former);
    yield* self.receive({ match: (message: unknown) => isDown(message) && message.ref.equals(ref) });
  }
  const { table, key, leaving } = entity;
  if (leaving === null) entity.limit(table.plan.startWithinMs, `start of ${table.textOf(key)}`);
  yield* body(self, key);
}

type AnyEntities = EntitiesDefinition<any, any, any>;

/**
 * Lets entities of a kind be started on this node. A supervisor does so with `Supervisor.worker("carts", Carts, [], { shutdown: "infinity" })`: the process
 * ends when all entities have.
 *
 * - Errors: StartError, with `already-started` when the kind runs on this node.
 */
export function start(entities: AnyEntities, options: Omit<StartOptions, "name" | "on"> = {}): LocalGenerator<Pid> {
  return started(entities, options, false);
}

/** Like {@link start}, and linked with this process. */
export function startLink(entities: AnyEntities, options: Omit<StartOptions, "name" | "on"> = {}): LocalGenerator<Pid> {
  return started(entities, options, true);
}

function* started(entities: AnyEntities, options: StartOptions, link: boolean): LocalGenerator<Pid> {
  return (yield* (link ? Server.startLink : Server.start)(entities, undefined, options)).pid;
}

/**
 * The address of the entity with a key, whether it runs or not: it stands wherever a name does, and whoever uses it starts the entity (R-1420). It is
 * of this node, and means nothing elsewhere.
 *
 * - Order: what one process sends to it is handled in that order, once, also when the entity is passivated meanwhile: what comes while it ends is for
 *   the next one, which begins when it has ended. What waits when it *crashes* is lost, as of any process.
 * - Whoever sends finds `noproc` when the kind does not run on this node.
 *
 * @throws TypeError for what is no {@link RegistryKey}.
 */
export function via<K extends RegistryKey, M>(
  entities: EntitiesDefinition<K, any, any, M>,
  key: NoInfer<K>,
): EntityName<M> {
  checkKey(key);
  return new EntityName<M>(entities.name, key);
}

/** The entity with a key as a server: its calls and casts. See {@link via}. */
export function ref<K extends RegistryKey, Calls, Casts>(
  entities: EntitiesDefinition<K, Calls, Casts>,
  key: NoInfer<K>,
): ServerRef<Calls, Casts> {
  const { entity } = entities;
  const definition = "calls" in entity ? entity : entities;
  return Server.ref<any, any, any, any>(definition, via(entities, key));
}

/** The process that takes messages for a key now; undefined when there is none. Unlike any use of {@link via} this starts nothing. */
export function whereis<K extends RegistryKey, M>(
  entities: EntitiesDefinition<K, any, any, M>,
  key: NoInfer<K>,
): Operation<Pid<M> | undefined> {
  checkKey(key);
  return new InKernel((kernel) => entityTable(kernel, entities.name)?.find(key));
}

/** The keys of the entities that take messages now, in no order that means anything. */
export function keys<K extends RegistryKey>(entities: EntitiesDefinition<K, any, any>): Operation<K[]> {
  return new InKernel((kernel) => {
    const table = entityTable(kernel, entities.name);
    return table === undefined ? [] : [...table.active()].map(({ key }) => key as K);
  });
}

/**
 * The entity that performs this leaves: it handles what waits for it already, and ends, `{ type: "shutdown", detail: "passivated" }`, when it
 * waits for a message and there is none. What is sent to its address from now on is for the next one. What it has stashed is lost.
 *
 * - Errors: OperationRefusedError in a process that is no entity.
 */
export function passivate(): Operation<void> {
  return new InKernel((_, cell) => {
    const entity = entityOf(cell);
    if (entity === undefined) throw new OperationRefusedError("Entities.passivate", "this process is no entity");
    entity.leave({ type: "shutdown", detail: "passivated" });
  });
}

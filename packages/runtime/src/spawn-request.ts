import { describe, Operation, type Cause } from "@espalier/heartbeat";
import { checkBody, type Body } from "./body.ts";
import type { Cell } from "./cell.ts";
import type { Kernel } from "./kernel.ts";
import type { AnyBody } from "./launch.ts";
import { MonitorWatch } from "./monitor.ts";
import type { NodeRef } from "./node-ref.ts";
import type { Pid } from "./pid.ts";
import { Ref } from "./ref.ts";
import { watchChild } from "./spawn.ts";
import { Watch, type CapturedWatch } from "./watch.ts";

/** How to ask for a process. */
export interface SpawnRequestOptions {
  /** Where it is to run. Here, unless said. */
  readonly on?: NodeRef;
  /** Whether the two are linked once it runs. */
  readonly link?: boolean;
  /** Whether this process monitors it once it runs, under the ref of the request. */
  readonly monitor?: boolean;
}

/** What became of a request for a process: a message, once. */
export interface SpawnReply<M = never> {
  readonly type: "SPAWN_REPLY";
  /** What `Process.spawnRequest` returned. */
  readonly ref: Ref;
  readonly result: SpawnResult<M>;
}

export type SpawnResult<M = never> =
  | { readonly type: "started"; readonly pid: Pid<M> }
  | { readonly type: "failed"; readonly cause: Cause };

/** See {@link spawnRequest}. */
export class SpawnRequest extends Operation<Ref> {
  readonly body: AnyBody;
  readonly parameters: readonly unknown[];
  /** Null: here. */
  readonly on: NodeRef | null;
  readonly link: boolean;
  readonly monitor: boolean;

  constructor(body: AnyBody, parameters: readonly unknown[], options: SpawnRequestOptions) {
    super();
    this.body = body;
    this.parameters = parameters;
    this.on = options.on ?? null;
    this.link = options.link ?? false;
    this.monitor = options.monitor ?? false;
  }

  override get type(): "process.spawnRequest" {
    return "process.spawnRequest";
  }
}

/** Who wants to know that a process has begun on the node where it was to. */
const requested: WeakMap<Cell, Ref> = new WeakMap();

export function performSpawnRequest(
  kernel: Kernel,
  cell: Cell,
  { body, parameters, on, link, monitor }: SpawnRequest,
): Ref {
  const child = kernel.spawn(cell.pid, body, parameters, on);
  const ref = kernel.newRef(cell);
  const watch = new SpawnRequestWatch(cell, ref, child.pid, link, monitor);
  watchChild(kernel, watch, child);
  // The half that tells; this process takes notice of it from the reply on.
  if (link) kernel.addLink(child, cell.pid);
  if (on === null || on.id === kernel.address.id) watch.reply(kernel);
  else requested.set(child, ref);
  return ref;
}

/** A process has arrived where it is computed. */
export function answerRequest(kernel: Kernel, child: Cell): void {
  const ref = requested.get(child);
  if (ref === undefined) return;
  requested.delete(child);
  kernel.route(child.pid, ref.owner, { type: "reply", ref, value: null });
}

const abandoned: Cause = Object.freeze({ type: "exit", reason: "abandoned" });

/** Waits until the process has begun, or has ended before. */
export class SpawnRequestWatch extends Watch {
  readonly #link: boolean;
  readonly #monitor: boolean;

  constructor(owner: Cell, ref: Ref, target: Pid<any>, link: boolean, monitor: boolean) {
    super(owner, ref, target);
    this.#link = link;
    this.#monitor = monitor;
  }

  override reply(kernel: Kernel): void {
    const { owner, ref, watched } = this;
    const pid = this.target as Pid<any>;
    if (this.#monitor) {
      this.close();
      const watch = new MonitorWatch(owner, ref, pid, pid, { map: null });
      if (watched === null) kernel.startWatch(watch);
      else watch.attach(watched);
    } else {
      kernel.unwatch(this);
    }
    if (this.#link) {
      kernel.addLink(owner, pid);
      if (owner.place !== null) kernel.effect(owner, pid, { type: "link", from: owner.pid });
    }
    this.#deliver(kernel, { type: "started", pid });
  }

  override down(kernel: Kernel, cause: Cause): void {
    this.#deliver(kernel, { type: "failed", cause });
  }

  /** Nobody wants it any more. */
  abandon(kernel: Kernel): void {
    kernel.unwatch(this);
    this.ownerEnded(kernel);
  }

  override ownerEnded(kernel: Kernel): void {
    const { owner } = this;
    if (!this.#link) return;
    kernel.effect(owner, this.target as Pid, { type: "exit", from: owner.pid, cause: abandoned, link: false });
  }

  override capture(): CapturedWatch {
    const data = { link: this.#link, monitor: this.#monitor };
    return { kind: "spawn-request", serial: this.ref.serial, target: this.target, data };
  }

  #deliver(kernel: Kernel, result: SpawnResult): void {
    const reply: SpawnReply = { type: "SPAWN_REPLY", ref: this.ref, result };
    kernel.deliver(this.owner, reply);
  }
}

/** See {@link abandonSpawn}. */
export class AbandonSpawn extends Operation<boolean> {
  readonly ref: Ref;

  constructor(ref: Ref) {
    super();
    if (!(ref instanceof Ref)) throw new TypeError(`Process.abandonSpawn: expected a ref, got ${describe(ref)}`);
    this.ref = ref;
  }

  override get type(): "process.abandonSpawn" {
    return "process.abandonSpawn";
  }
}

export function performAbandonSpawn(kernel: Kernel, cell: Cell, { ref }: AbandonSpawn): boolean {
  const watch = ref.owner.equals(cell.pid) ? kernel.watchOf(cell, ref) : null;
  if (!(watch instanceof SpawnRequestWatch)) return false;
  watch.abandon(kernel);
  return true;
}

/**
 * Asks for a process and goes on: a {@link SpawnReply} under the ref that this returns says that it runs on the node where it was to, or why it
 * does not. The link and the monitor begin with that reply, so nothing else of the process comes before.
 *
 * - Errors: none here; they are in the reply.
 * - When this process ends before the reply, a process that was asked for with `link` gets the exit signal `abandoned`.
 */
export function spawnRequest<A extends readonly unknown[], R, M = never>(
  body: Body<M, A, R>,
  parameters: NoInfer<A>,
  options: SpawnRequestOptions = {},
): Operation<Ref> {
  return new SpawnRequest(checkBody(body, "Process.spawnRequest"), parameters, options);
}

/**
 * Takes a request for a process back: there will be no reply to it, no link and no monitor. A process that was asked for with `link` gets the exit
 * signal `abandoned`; another may run all the same.
 *
 * @returns whether that was in time; false when the reply is in the mailbox, or was received.
 */
export function abandonSpawn(ref: Ref): Operation<boolean> {
  return new AbandonSpawn(ref);
}

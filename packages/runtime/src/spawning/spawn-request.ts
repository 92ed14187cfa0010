import { describe, normal, Operation, type Cause } from "@espalier/heartbeat";
import type { Alias } from "../addresses/alias.ts";
import { checkBody, type Body } from "./body.ts";
import type { Cell } from "../cell.ts";
import type { Kernel } from "../kernel.ts";
import type { AnyBody } from "./launch.ts";
import {
  captureMonitorOptions,
  monitorOptions,
  monitorRef,
  MonitorWatch,
  type MonitorAlias,
  type MonitorOptions,
} from "../exits/monitor.ts";
import { checkNode, type NodeRef } from "../cluster/node-ref.ts";
import type { Pid } from "../addresses/pid.ts";
import { Ref } from "../addresses/ref.ts";
import { watchChild } from "./spawn.ts";
import { Watch, type CapturedWatch } from "../exits/watch.ts";

/** How to ask for a process. */
export interface SpawnRequestOptions {
  /** Where it is to run. Here, unless said. */
  readonly on?: NodeRef;
  /** Whether the two are linked once it runs. */
  readonly link?: boolean;
  /** Whether this process monitors it once it runs, under the ref of the request, as `Process.monitor` does with the same options. */
  readonly monitor?: boolean | MonitorOptions;
  /** When there is a reply: `"yes"`, always, unless said. Link and monitor begin all the same. */
  readonly reply?: SpawnReplies;
  /** What stands for `"SPAWN_REPLY"` as the reply's `type`. */
  readonly replyTag?: unknown;
}

/** Which replies to a request are wanted: all, none, that the process runs, or that it does not. */
export type SpawnReplies = "yes" | "no" | "success-only" | "error-only";

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

/** What is to come of a request when the process runs. */
export interface Wanted {
  readonly link: boolean;
  /** Null: not monitored. */
  readonly monitor: MonitorOptions | null;
  readonly reply: SpawnReplies;
  /** Undefined: `"SPAWN_REPLY"`. */
  readonly replyTag: unknown;
}

const spawnReplies: ReadonlySet<unknown> = new Set(["yes", "no", "success-only", "error-only"]);

export function isSpawnReplies(value: unknown): value is SpawnReplies {
  return spawnReplies.has(value);
}

/** See {@link spawnRequest}. */
export class SpawnRequest extends Operation<any> {
  readonly body: AnyBody;
  readonly parameters: readonly unknown[];
  /** Null: here. */
  readonly on: NodeRef | null;
  readonly wanted: Wanted;

  constructor(body: AnyBody, parameters: readonly unknown[], options: SpawnRequestOptions) {
    super();
    const { on, link = false, monitor, reply = "yes", replyTag } = options;
    if (!Array.isArray(parameters)) {
      throw new TypeError(`Process.spawnRequest: parameters: expected an array, got ${describe(parameters)}`);
    }
    if (!isSpawnReplies(reply)) {
      throw new TypeError(
        `Process.spawnRequest: reply: expected "yes", "no", "success-only" or "error-only", got ${describe(reply)}`,
      );
    }
    this.body = body;
    this.parameters = parameters;
    this.on = on === undefined ? null : checkNode(on, "Process.spawnRequest: on");
    this.wanted = { link, monitor: monitorOptions(monitor, "Process.spawnRequest"), reply, replyTag };
  }

  override get type(): "process.spawnRequest" {
    return "process.spawnRequest";
  }
}

/** Who wants to know that a process has begun on the node where it was to. */
const requested: WeakMap<Cell, Ref> = new WeakMap();

export function performSpawnRequest(kernel: Kernel, cell: Cell, { body, parameters, on, wanted }: SpawnRequest): Ref {
  const child = kernel.spawn(cell.pid, body, parameters, on);
  const ref = wanted.monitor === null ? kernel.newRef(cell) : monitorRef(kernel, cell, wanted.monitor);
  const watch = new SpawnRequestWatch(cell, ref, child.pid, wanted);
  watchChild(kernel, watch, child);
  // The half that tells; this process takes notice of it from the reply on.
  if (wanted.link) kernel.addLink(child, cell.pid);
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
  readonly #wanted: Wanted;

  constructor(owner: Cell, ref: Ref, target: Pid<any>, wanted: Wanted) {
    super(owner, ref, target);
    this.#wanted = wanted;
  }

  override reply(kernel: Kernel): void {
    const { owner, ref, watched } = this;
    const pid = this.target as Pid<any>;
    const { link, monitor } = this.#wanted;
    if (monitor !== null) {
      this.close();
      const watch = new MonitorWatch(owner, ref, pid, pid, { ...monitor, map: null });
      if (watched === null) kernel.startWatch(watch);
      else watch.attach(watched);
    } else {
      kernel.unwatch(this);
    }
    if (link) {
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
    this.#exit(kernel, abandoned, false);
  }

  /** The link that was to be is there on the side of the process already: it hears of this end as through any link. */
  override ownerEnded(kernel: Kernel): void {
    this.#exit(kernel, this.owner.cause ?? normal, true);
  }

  #exit(kernel: Kernel, cause: Cause, link: boolean): void {
    const { owner } = this;
    if (this.#wanted.link) kernel.effect(owner, this.target as Pid, { type: "exit", from: owner.pid, cause, link });
  }

  override capture(): CapturedWatch {
    const { link, monitor, reply, replyTag } = this.#wanted;
    const data = {
      link,
      monitor: monitor === null ? null : captureMonitorOptions(monitor),
      reply,
      replyTag: replyTag === undefined ? null : { value: replyTag },
    };
    return { kind: "spawn-request", serial: this.ref.serial, target: this.target, data };
  }

  #deliver(kernel: Kernel, result: SpawnResult): void {
    const { reply, replyTag } = this.#wanted;
    if (reply === "no" || reply === (result.type === "started" ? "error-only" : "success-only")) return;
    const type = (replyTag === undefined ? "SPAWN_REPLY" : replyTag) as "SPAWN_REPLY";
    const message: SpawnReply = { type, ref: this.ref, result };
    kernel.deliver(this.owner, message);
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
 * - With `reply` some or all replies stay away.
 * - When this process ends before the reply, a process that was asked for with `link` hears of it as through the link: it gets this one's cause.
 */
export function spawnRequest<A extends readonly unknown[], R, M = never>(
  body: Body<M, A, R>,
  parameters: NoInfer<A>,
  options: SpawnRequestOptions & { readonly monitor: MonitorOptions & { readonly alias: MonitorAlias } },
): Operation<Alias<unknown>>;
export function spawnRequest<A extends readonly unknown[], R, M = never>(
  body: Body<M, A, R>,
  parameters: NoInfer<A>,
  options?: SpawnRequestOptions,
): Operation<Ref>;
export function spawnRequest<A extends readonly unknown[], R, M = never>(
  body: Body<M, A, R>,
  parameters: NoInfer<A>,
  options: SpawnRequestOptions = {},
): Operation<any> {
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

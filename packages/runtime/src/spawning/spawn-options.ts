import { Operation } from "@espalier/heartbeat";
import { checkBody, type Body } from "./body.ts";
import { BoundedMailbox } from "../mailbox/bounded-mailbox.ts";
import type { Cell } from "../cell.ts";
import { NameTakenError } from "../errors.ts";
import type { Kernel } from "../kernel.ts";
import type { AnyBody } from "./launch.ts";
import { mailboxLimits, type MailboxLimits, type MailboxOptions } from "../mailbox/mailbox-limits.ts";
import type { Alias } from "../addresses/alias.ts";
import { monitorOptions, monitorRef, MonitorWatch, type MonitorAlias, type MonitorOptions } from "../exits/monitor.ts";
import { checkName } from "../addresses/names.ts";
import { checkNode, type NodeRef } from "../cluster/node-ref.ts";
import type { Pid } from "../addresses/pid.ts";
import type { Ref } from "../addresses/ref.ts";
import type { Remote } from "../moving/remote.ts";
import { linkChild, watchChild } from "./spawn.ts";

/** How {@link spawnOpt} starts a process. */
export interface SpawnOptions {
  /** Linked with this one from its first moment. */
  readonly link?: boolean;
  /** Monitored by this one from its first moment, as `Process.monitor` does with the same options. */
  readonly monitor?: boolean | MonitorOptions;
  /** Where it begins: see `Process.spawnAt`. Here, unless said. */
  readonly on?: NodeRef;
  /** What people call it; the name of its body unless given. */
  readonly label?: string;
  /** Registered before anything of it runs. When somebody has it nothing is started, and NameTakenError is thrown. */
  readonly name?: string;
  /** How many messages may wait for it; unbounded unless given. Such a process stays on its node. */
  readonly mailbox?: MailboxOptions;
}

/** What {@link spawnOpt} gives when it was asked to monitor. */
export interface Monitored<M, O = true> {
  readonly pid: Pid<M>;
  readonly ref: O extends { readonly alias: MonitorAlias } ? Alias<unknown> : Ref;
}

/** See {@link spawnOpt}. */
export class SpawnOpt extends Operation<any> {
  readonly body: AnyBody;
  readonly parameters: readonly unknown[];
  readonly link: boolean;
  /** Null: not monitored. */
  readonly monitor: MonitorOptions | null;
  readonly on: NodeRef | null;
  readonly label: string | null;
  readonly name: string | null;
  readonly mailbox: MailboxLimits | null;

  constructor(options: SpawnOptions, body: AnyBody, parameters: readonly unknown[]) {
    super();
    this.body = body;
    this.parameters = parameters;
    this.link = options.link ?? false;
    this.monitor = monitorOptions(options.monitor, "Process.spawnOpt");
    this.on = options.on === undefined ? null : checkNode(options.on, "Process.spawnOpt: on");
    this.label = options.label ?? null;
    this.name = options.name === undefined ? null : checkName(options.name);
    this.mailbox = options.mailbox === undefined ? null : mailboxLimits(options.mailbox);
    checkStays(this.mailbox, this.on, "Process.spawnOpt");
  }

  override get type(): "process.spawnOpt" {
    return "process.spawnOpt";
  }
}

export function performSpawnOpt(kernel: Kernel, cell: Cell, operation: SpawnOpt): Pid<any> | Monitored<any> {
  const { body, parameters, link, monitor, on, label, name, mailbox } = operation;
  if (name !== null) {
    const holder = kernel.whereis(name);
    if (holder !== undefined) throw new NameTakenError(name, holder.pid);
  }
  const child = kernel.spawn(cell.pid, body, parameters, on, label);
  const { pid } = child;
  if (mailbox !== null) bindMailbox(kernel, child, mailbox);
  if (name !== null) kernel.register(child, name);
  if (link) linkChild(kernel, cell, child);
  return monitor === null ? pid : { pid, ref: monitorChild(kernel, cell, child, monitor) };
}

/** Monitors a process that has not run yet. */
export function monitorChild(kernel: Kernel, cell: Cell, child: Cell, options: MonitorOptions = {}): Ref {
  const { pid } = child;
  const ref = monitorRef(kernel, cell, options);
  if (kernel.events.active) kernel.events.emit({ type: "monitor", from: cell.pid, to: pid, ref });
  watchChild(kernel, new MonitorWatch(cell, ref, pid, pid, { ...options, map: null }), child);
  return ref;
}

/** Sets limits to the mailbox of a process to which nothing has been sent yet. */
export function bindMailbox(kernel: Kernel, cell: Cell, limits: MailboxLimits): void {
  cell.mailbox = new BoundedMailbox(kernel, cell, limits);
  cell.pid.answers = limits.whenFull === "wait" || limits.whenFull === "fail";
}

/** @throws TypeError when a process with a bounded mailbox is to begin elsewhere. */
export function checkStays(mailbox: MailboxLimits | null, on: NodeRef | null, what: string): void {
  if (mailbox === null || on === null) return;
  throw new TypeError(
    `${what}: expected mailbox or on, got both: a process with a bounded mailbox stays on its node; start it from a process there`,
  );
}

/**
 * Starts a process with options: OTP's `spawn_opt`. Returns its pid, with `monitor` its pid and the ref of the monitor.
 *
 * With `mailbox` no more than `capacity` messages wait for it, and `whenFull` says what becomes of the next: with `"wait"` senders wait until there is
 * room, on whatever node they are, and order is kept. Signals that are no messages are never bounded, nor are DOWN and EXIT, priority messages and
 * what the system asks of a server; replies need no room at all.
 *
 * - Processes that wait for each other's room wait for ever, as with calls. A process whose own mailbox is full and makes senders wait fails with
 *   `MailboxFullError` when it sends to itself. A selective `receive` makes no room for what it waits for.
 * - A sender on another node waits for an answer with each message. If the connection is lost meanwhile it goes on, and it is not known
 *   whether the message arrived, as with any other.
 * - When the process ends, senders that wait go on, and their messages are dead letters.
 *
 * ```ts
 * import { MailboxFullError, Node, Process, type Self } from "espalier";
 *
 * await using node = await Node.start();
 * await node.run(function* () {
 *   const slow = function* (self: Self<number>) {
 *     yield* Process.sleep("1m");
 *     yield* self.receive();
 *   };
 *   const pid = yield* Process.spawnOpt({ link: true, mailbox: { capacity: 1, whenFull: "fail" } }, slow);
 *   yield* Process.send(pid, 1);
 *   let handedBack: unknown = null;
 *   try {
 *     yield* Process.send(pid, 2);
 *   } catch (error) {
 *     if (error instanceof MailboxFullError) handedBack = error.value;
 *   }
 *   return handedBack; // => 2
 * });
 * ```
 */
export function spawnOpt<R, const O extends true | MonitorOptions>(
  options: SpawnOptions & { readonly monitor: O },
  remote: Remote<R>,
): Operation<Monitored<never, O>>;
export function spawnOpt<A extends readonly unknown[], R, const O extends true | MonitorOptions, M = never>(
  options: SpawnOptions & { readonly monitor: O },
  body: Body<M, A, R>,
  ...parameters: A
): Operation<Monitored<M, O>>;
export function spawnOpt<R>(options: SpawnOptions & { readonly monitor?: false }, remote: Remote<R>): Operation<Pid>;
export function spawnOpt<A extends readonly unknown[], R, M = never>(
  options: SpawnOptions & { readonly monitor?: false },
  body: Body<M, A, R>,
  ...parameters: A
): Operation<Pid<M>>;
export function spawnOpt(options: SpawnOptions, body: AnyBody, ...parameters: readonly unknown[]): Operation<any> {
  return new SpawnOpt(options, checkBody(body, "Process.spawnOpt"), parameters);
}

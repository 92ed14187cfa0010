import { normal, Operation, type Cause, type LocalGenerator } from "@espalier/heartbeat";
import type { Alarm, Ringable } from "../timers/alarms.ts";
import type { Cell } from "../cell.ts";
import { resolve } from "../addresses/destination.ts";
import type { Frame } from "../frame.ts";
import type { Kernel } from "../kernel.ts";
import type { AnyBody } from "./launch.ts";
import type { MailboxLimits } from "../mailbox/mailbox-limits.ts";
import type { NodeRef } from "../cluster/node-ref.ts";
import type { Pid } from "../addresses/pid.ts";
import type { Ref } from "../addresses/ref.ts";
import { linkChild, watchChild } from "./spawn.ts";
import { checkStays, bindMailbox, monitorChild } from "./spawn-options.ts";
import { suspended, type Waiting } from "../waiting.ts";
import type { ViaName } from "../addresses/via-name.ts";
import { Watch } from "../exits/watch.ts";

/**
 * What came of a synchronous start.
 *
 * | type | the process |
 * | --- | --- |
 * | `started` | called `self.ready(value)`, and runs |
 * | `ignored` | called `self.ignore()`, and has ended |
 * | `already-started` | was never made, or has done nothing: `pid` has the name (R-605) |
 * | `failed` | ended before it was ready, or was killed because the time ran out (R-602, R-603) |
 *
 * When it is not `started`, the process is dead, its name is free again, and no EXIT of it is in the starter's mailbox.
 */
export type StartResult<M, V> =
  | { readonly type: "started"; readonly pid: Pid<M>; readonly value: V }
  | { readonly type: "ignored" }
  | { readonly type: "already-started"; readonly pid: Pid }
  | { readonly type: "failed"; readonly cause: Cause };

/** What came of a synchronous start with a monitor. */
export interface StartMonitored<M, V> {
  readonly result: StartResult<M, V>;
  /** Null when no process was made. */
  readonly ref: Ref | null;
}

/** See `Process.start` and `Process.startLink`. */
export class Start<M, V> extends Operation<StartResult<M, V>> {
  readonly body: AnyBody;
  readonly parameters: readonly unknown[];
  readonly link: boolean;
  readonly name: string | ViaName<any> | null;
  readonly withinMs: number;
  /** Null: here. */
  readonly on: NodeRef | null;
  readonly mailbox: MailboxLimits | null;
  /** Whether a monitor is made besides, and its ref told. */
  readonly monitor: boolean;

  constructor(
    body: AnyBody,
    parameters: readonly unknown[],
    link: boolean,
    name: string | ViaName<any> | null,
    withinMs: number,
    on: NodeRef | null,
    mailbox: MailboxLimits | null = null,
    monitor = false,
  ) {
    super();
    this.body = body;
    this.parameters = parameters;
    this.link = link;
    this.name = name;
    this.withinMs = withinMs;
    this.on = on;
    this.mailbox = mailbox;
    this.monitor = monitor;
    checkStays(mailbox, on, "start");
  }

  override get type(): "process.start" {
    return "process.start";
  }
}

export function performStart(
  kernel: Kernel,
  cell: Cell,
  { body, parameters, link, name, withinMs, on, mailbox, monitor }: Start<any, any>,
): StartResult<any, any> | StartMonitored<any, any> | typeof suspended {
  if (name !== null) {
    // Before the process exists, so that its init is never called in vain.
    const holder = resolve(kernel, name);
    if (holder !== undefined) {
      const result = { type: "already-started", pid: holder } as const;
      return monitor ? { result, ref: null } : result;
    }
  }
  const child = kernel.spawn(cell.pid, body, parameters, on);
  if (mailbox !== null) bindMailbox(kernel, child, mailbox);
  if (typeof name === "string") kernel.register(child, name);
  // It takes the name itself, before its body begins.
  else if (name !== null) kernel.scheduler.enter(child, takeName(name) as Frame);
  if (link) linkChild(kernel, cell, child);
  const monitored = monitor ? monitorChild(kernel, cell, child) : null;
  const ref = kernel.newRef(cell);
  child.starter = ref;
  const watch = new StartWatch(cell, ref, child.pid, monitored);
  kernel.wait(cell, watch);
  watchChild(kernel, watch, child);
  if (withinMs < Infinity) watch.alarm = kernel.alarms.set(withinMs, watch);
  return suspended;
}

function* takeName(name: ViaName<any>): LocalGenerator<void> {
  const pid = yield* name.register();
  if (pid !== null) yield* new Announce<never>({ type: "taken", pid });
}

/** What the process that is starting says of itself. */
export type Announcement =
  /** Somebody else was faster to take the name. */
  | { readonly type: "taken"; readonly pid: Pid }
  | { readonly type: "ready"; readonly value: unknown }
  | { readonly type: "ignore" }
  | { readonly type: "fail"; readonly cause: Cause };

/** The starter's side: waits for the announcement, or for the end. */
class StartWatch extends Watch implements Waiting, Ringable {
  alarm: Alarm | null = null;
  /** The monitor that was asked for besides. */
  readonly #monitored: Ref | null;
  /** What the result will be once the process is dead. */
  #outcome: StartResult<any, any> | null = null;

  constructor(owner: Cell, ref: Ref, target: Pid, monitored: Ref | null) {
    super(owner, ref, target);
    this.#monitored = monitored;
  }

  override reply(kernel: Kernel, value: unknown): void {
    const announcement = value as Announcement;
    switch (announcement.type) {
      case "ready":
        kernel.unwatch(this);
        this.#finish(kernel, { type: "started", pid: this.target as Pid<any>, value: announcement.value });
        return;
      case "taken":
        this.#outcome = { type: "already-started", pid: announcement.pid };
        return;
      case "ignore":
        this.#outcome = { type: "ignored" };
        return;
      case "fail":
        this.#outcome = { type: "failed", cause: announcement.cause };
        return;
    }
  }

  override down(kernel: Kernel, cause: Cause): void {
    const { owner, target } = this;
    const outcome: StartResult<any, any> = this.#outcome ?? { type: "failed", cause };
    // The result says it all: the exit that the link brings next finds no link any more. Except that a crash during init takes a linked
    // starter down that does not trap exits.
    if (this.#outcome !== null || owner.trapping || cause.type === "normal") owner.links?.delete(target as Pid);
    this.#finish(kernel, outcome);
  }

  /** Too long: the process is killed, and that is awaited. */
  ring(): void {
    const { owner } = this;
    const target = this.target as Pid;
    const { kernel } = owner;
    this.#outcome = { type: "failed", cause: { type: "timeout", what: "start" } };
    if (owner.links?.delete(target)) kernel.effect(owner, target, { type: "unlink", from: owner.pid });
    kernel.effect(owner, target, { type: "exit", from: owner.pid, cause: { type: "kill" }, link: false });
  }

  get what(): string {
    return `start ${String(this.target)}`;
  }

  get holder(): Cell {
    return this.owner;
  }

  get on(): Pid {
    return this.target as Pid;
  }

  cancel(kernel: Kernel): void {
    this.#stopAlarm(kernel);
    kernel.unwatch(this);
  }

  #stopAlarm(kernel: Kernel): void {
    if (this.alarm !== null) kernel.alarms.cancel(this.alarm);
    this.alarm = null;
  }

  #finish(kernel: Kernel, result: StartResult<any, any>): void {
    this.#stopAlarm(kernel);
    kernel.resume(this.owner, this.#monitored === null ? result : { result, ref: this.#monitored });
  }
}

/** See `Self.ready`, `Self.ignore`, `Self.fail`. */
export class Announce<A> extends Operation<A> {
  readonly announcement: Announcement;

  constructor(announcement: Announcement) {
    super();
    this.announcement = announcement;
  }

  override get type(): "process.announce" {
    return "process.announce";
  }
}

export function performAnnounce(kernel: Kernel, cell: Cell, { announcement }: Announce<any>): void {
  const ref: Ref | null = cell.starter;
  cell.starter = null;
  if (ref !== null) kernel.effect(cell, ref.owner, { type: "reply", ref, value: announcement });
  // Whoever is not going to run ends, and silently.
  if (announcement.type !== "ready") kernel.exits.end(cell, normal);
}

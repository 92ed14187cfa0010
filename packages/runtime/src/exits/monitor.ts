import { describe, Operation, type Cause } from "@espalier/heartbeat";
import { AliasWatch, deliverBy, newAlias } from "../addresses/alias.ts";
import type { Cell } from "../cell.ts";
import {
  isRemoteName,
  nothing,
  resolve,
  shownAs,
  tell,
  type Addressee,
  type RemoteName,
} from "../addresses/destination.ts";
import { noprocOf } from "../failure.ts";
import type { Kernel } from "../kernel.ts";
import { indexOfMapped, rememberMapped } from "./mapped-downs.ts";
import type { Pid } from "../addresses/pid.ts";
import { Ref } from "../addresses/ref.ts";
import type { Down } from "./signal.ts";
import { Watch, type CapturedWatch } from "./watch.ts";

/**
 * When the ref of a monitor is an alias, too, and how long. `Process.unalias` ends each.
 *
 * | mode | the alias ends |
 * | --- | --- |
 * | `explicit-unalias` | not by itself, not even with the monitor |
 * | `demonitor` | with the monitor: with `Process.demonitor`, or with its DOWN |
 * | `reply-demonitor` | with the monitor, and with the first message that comes by it: then the monitor is over as well |
 */
export type MonitorAlias = "explicit-unalias" | "demonitor" | "reply-demonitor";

/** How to monitor. */
export interface MonitorOptions {
  /** Whether its ref is an alias, too. It is none unless said. */
  readonly alias?: MonitorAlias;
  /** What stands for `"DOWN"` as the message's `type`. */
  readonly tag?: unknown;
  /** Whether the DOWN is a priority message, and the alias a priority alias. False unless said. */
  readonly priority?: boolean;
}

/** How a monitor delivers what it has to say. */
interface Delivering extends MonitorOptions {
  /** What becomes of the DOWN message; null: it is the message itself. */
  readonly map: ((down: Down) => unknown) | null;
}

export function isMonitorAlias(mode: unknown): mode is MonitorAlias {
  return aliasModes.has(mode);
}

const aliasModes: ReadonlySet<unknown> = new Set(["explicit-unalias", "demonitor", "reply-demonitor"]);

/** See `Process.monitor`. */
export class Monitor extends Operation<any> {
  readonly process: Addressee;
  readonly map: ((down: Down) => unknown) | null;
  readonly options: MonitorOptions | null;

  constructor(process: Addressee, map: ((down: Down) => unknown) | null, options: MonitorOptions | null = null) {
    super();
    checkMonitorAlias(options?.alias, "Process.monitor");
    this.process = process;
    this.map = map;
    this.options = options;
  }

  override get type(): "process.monitor" {
    return "process.monitor";
  }
}

export function performMonitor(kernel: Kernel, cell: Cell, { process, map, options }: Monitor): Ref {
  const how: Delivering = options === null ? { map } : { ...options, map };
  const ref = monitorRef(kernel, cell, how);
  // A name is resolved once.
  const target = resolve(kernel, process) ?? null;
  if (kernel.events.active) kernel.events.emit({ type: "monitor", from: cell.pid, to: shownAs(process), ref });
  // Oneself is never seen to end.
  if (target !== null && target.equals(cell.pid)) {
    if (how.alias !== undefined) void new MonitorWatch(cell, ref, null, target, how);
    return ref;
  }
  const watch = new MonitorWatch(cell, ref, target, monitoredAs(process, target), how);
  if (target === null) {
    watch.close();
    watch.down(kernel, noprocOf(process));
  } else {
    kernel.startWatch(watch);
    tell(kernel, watch, process, nothing);
  }
  return ref;
}

/** The ref of a monitor that begins. */
export function monitorRef(kernel: Kernel, cell: Cell, { alias }: MonitorOptions): Ref {
  return alias === undefined ? kernel.newRef(cell) : newAlias(cell);
}

/**
 * Whether, and how, a process that is started is to be monitored; null: not.
 *
 * @throws TypeError naming the option.
 */
export function monitorOptions(monitor: boolean | MonitorOptions | undefined, what: string): MonitorOptions | null {
  if (monitor === undefined || monitor === false) return null;
  if (monitor === true) return {};
  if (typeof monitor !== "object" || monitor === null) {
    throw new TypeError(`${what}: monitor: expected true, false or options, got ${describe(monitor)}`);
  }
  checkMonitorAlias(monitor.alias, `${what}: monitor`);
  return monitor;
}

/** The options of a monitor as they travel. */
export interface CapturedMonitorOptions {
  readonly alias: MonitorAlias | null;
  readonly tag: { readonly value: unknown } | null;
  readonly priority: boolean;
}

export function captureMonitorOptions({ alias, tag, priority }: MonitorOptions): CapturedMonitorOptions {
  return { alias: alias ?? null, tag: tag === undefined ? null : { value: tag }, priority: priority ?? false };
}

function checkMonitorAlias(alias: unknown, what: string): void {
  if (alias === undefined || isMonitorAlias(alias)) return;
  throw new TypeError(
    `${what}: alias: expected "explicit-unalias", "demonitor" or "reply-demonitor", got ${describe(alias)}`,
  );
}

/** What a DOWN names: a name where one was monitored, and who had it where a registry knew. */
function monitoredAs(process: Addressee, target: Pid | null): Down["process"] {
  return typeof process === "string" || isRemoteName(process) ? process : (target ?? process.toString());
}

/** Delivers one DOWN message. */
export class MonitorWatch extends Watch {
  readonly #process: Pid | string | RemoteName;
  readonly #how: Delivering;
  /** Null when the ref is no alias, or not any more. */
  #alias: MonitorAlias | null;

  constructor(
    owner: Cell,
    ref: Ref,
    target: Pid | null,
    process: Down["process"],
    how: Delivering,
    alias: MonitorAlias | null = how.alias ?? null,
  ) {
    super(owner, ref, target);
    this.#process = process;
    this.#how = how;
    this.#alias = alias;
  }

  override down(kernel: Kernel, cause: Cause): void {
    const { owner, ref } = this;
    const process = this.#process;
    const { map, tag, priority = false } = this.#how;
    if (kernel.events.active)
      kernel.events.emit({ type: "down", to: owner.pid, process: shownAs(process), ref, cause });
    this.over();
    const type = (tag === undefined ? "DOWN" : tag) as "DOWN";
    const delivered = kernel.deliverMapped(owner, { type, ref, process, cause }, map, priority);
    if (map !== null || tag !== undefined) rememberMapped(owner, ref, delivered);
  }

  override reply(): void {
    // Nobody was asked anything under this ref.
  }

  /** The monitor is over, and closed: its alias may go on. */
  over(): void {
    if (this.#alias !== "explicit-unalias") return;
    void new AliasWatch(this.owner, this.ref, "explicit-unalias", this.#how.priority ?? false);
  }

  override message(kernel: Kernel, message: unknown, priority: boolean): boolean {
    if (this.#alias === null) return false;
    const ahead = priority && this.takesPriority();
    if (this.#alias === "reply-demonitor") kernel.unwatch(this);
    deliverBy(kernel, this.owner, message, ahead);
    return true;
  }

  override get isAlias(): boolean {
    return this.#alias !== null;
  }

  override takesPriority(): boolean {
    return this.#alias !== null && this.#how.priority === true;
  }

  override unalias(): boolean {
    const was = this.#alias !== null;
    this.#alias = null;
    return was;
  }

  override capture(): CapturedWatch {
    const { map } = this.#how;
    return {
      kind: "monitor",
      serial: this.ref.serial,
      target: this.target,
      data: { ...captureMonitorOptions(this.#how), process: this.#process, map, alias: this.#alias },
    };
  }
}

/** What `Process.demonitor` is asked for besides. */
export interface DemonitorOptions {
  /** Also removes a DOWN message of this monitor that waits in the mailbox already. */
  readonly flush?: boolean;
}

/** See `Process.demonitor`. */
export class Demonitor extends Operation<boolean> {
  readonly ref: Ref;
  readonly flush: boolean;

  constructor(ref: Ref, { flush = false, ...others }: DemonitorOptions) {
    super();
    const [other] = Object.keys(others);
    if (other !== undefined) throw new TypeError(`Process.demonitor: expected no option but flush, got ${other}`);
    if (typeof flush !== "boolean") {
      throw new TypeError(`Process.demonitor: flush: expected true or false, got ${String(flush)}`);
    }
    this.ref = ref;
    this.flush = flush;
  }

  override get type(): "process.demonitor" {
    return "process.demonitor";
  }
}

export function performDemonitor(kernel: Kernel, cell: Cell, { ref, flush }: Demonitor): boolean {
  if (!(ref instanceof Ref) || !ref.owner.equals(cell.pid)) {
    throw new TypeError(`Process.demonitor: expected a ref of this process, got ${String(ref)}`);
  }
  const watch = kernel.watchOf(cell, ref);
  if (watch instanceof MonitorWatch) {
    kernel.unwatch(watch);
    watch.over();
    if (kernel.events.active) kernel.events.emit({ type: "demonitor", from: cell.pid, ref });
    return true;
  }
  if (flush) {
    const mapped = indexOfMapped(cell, ref);
    const index = mapped >= 0 ? mapped : cell.mailbox.findIndex((message) => isDownOf(message, ref));
    if (index >= 0) cell.mailbox.removeAt(index);
  }
  return false;
}

function isDownOf(message: unknown, ref: Ref): boolean {
  const down = message as Partial<Down> | null | undefined;
  return typeof down === "object" && down?.type === "DOWN" && down.ref instanceof Ref && down.ref.equals(ref);
}

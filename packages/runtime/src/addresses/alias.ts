import { Operation, type Cause } from "@espalier/heartbeat";
import { Attributed } from "./attributed.ts";
import type { Cell } from "../cell.ts";
import type { Kernel } from "../kernel.ts";
import { deliverAhead } from "../mailbox/priority.ts";
import { Ref } from "./ref.ts";
import { Watch, type CapturedWatch } from "../exits/watch.ts";

/**
 * Another address of the process that made it, which can be taken away without the process: a value that travels. While it is active,
 * what is sent to it gets into the mailbox of that process; afterwards it is dropped, and counted as a dead letter.
 *
 * See `Process.alias`, and `Process.monitor`, whose ref can be an alias as well.
 */
export class Alias<in M = never> extends Ref {
  declare readonly accepts: (message: M) => void;

  override toString(): string {
    return `Alias(${this.owner.address.id.slice(0, 8)}.${this.owner.serial}#${this.serial})`;
  }
}

/**
 * When an alias ends, beside `Process.unalias`.
 *
 * | mode | |
 * | --- | --- |
 * | `explicit-unalias` | not by itself |
 * | `reply` | with the first message that comes by it (R-321) |
 */
export type AliasMode = "explicit-unalias" | "reply";

/** How to make an alias. */
export interface AliasOptions {
  /** When it ends by itself. `"explicit-unalias"` unless said. */
  readonly mode?: AliasMode;
  /** Whether messages may come by it as priority messages: see `Process.send`. False unless said. */
  readonly priority?: boolean;
}

/** See `Process.alias`. */
export class MakeAlias<M> extends Operation<Alias<M>> {
  readonly mode: AliasMode;
  readonly priority: boolean;

  constructor({ mode = "explicit-unalias", priority = false }: AliasOptions) {
    super();
    if (mode !== "explicit-unalias" && mode !== "reply") {
      throw new TypeError(`Process.alias: mode: expected "explicit-unalias" or "reply", got ${JSON.stringify(mode)}`);
    }
    this.mode = mode;
    this.priority = priority;
  }

  override get type(): "process.alias" {
    return "process.alias";
  }
}

export function performMakeAlias(_kernel: Kernel, cell: Cell, { mode, priority }: MakeAlias<any>): Alias<any> {
  const alias = newAlias(cell);
  void new AliasWatch(cell, alias, mode, priority);
  return alias;
}

export function newAlias(cell: Cell): Alias<any> {
  cell.refSerial += 1;
  return new Alias<any>(cell.pid, cell.refSerial);
}

/** An alias that is active, and nothing else. */
export class AliasWatch extends Watch {
  readonly #mode: AliasMode;
  readonly #priority: boolean;

  constructor(owner: Cell, ref: Ref, mode: AliasMode, priority: boolean) {
    super(owner, ref, null);
    this.#mode = mode;
    this.#priority = priority;
  }

  override down(): void {
    // It watches nobody.
  }

  override reply(): void {
    // Nobody was asked anything under this ref.
  }

  override message(kernel: Kernel, message: unknown, priority: boolean): boolean {
    if (this.#mode === "reply") this.close();
    deliverBy(kernel, this.owner, message, priority && this.#priority);
    return true;
  }

  override get isAlias(): boolean {
    return true;
  }

  override takesPriority(): boolean {
    return this.#priority;
  }

  override unalias(): boolean {
    this.close();
    return true;
  }

  override capture(): CapturedWatch {
    const data = { mode: this.#mode, priority: this.#priority };
    return { kind: "alias", serial: this.ref.serial, target: null, data };
  }
}

/** An exit signal to an alias: not what the alias is for, but its process's all the same, and its sender's for sure. */
export class ExitByAlias extends Attributed<Cause> {}

/** See `Process.exit` with an alias. */
export class SendExitByAlias extends Operation<void> {
  readonly alias: Alias;
  readonly cause: Cause;
  readonly priority: boolean;

  constructor(alias: Alias, cause: Cause, priority: boolean) {
    super();
    this.alias = alias;
    this.cause = cause;
    this.priority = priority;
  }

  override get type(): "process.exitByAlias" {
    return "process.exitByAlias";
  }
}

export function performSendExitByAlias(kernel: Kernel, cell: Cell, { alias, cause, priority }: SendExitByAlias): void {
  const message = new ExitByAlias(cell.pid, cause);
  kernel.effect(cell, alias.owner, { type: "alias", ref: alias, message, priority });
}

/** Something has come for a process by an alias. */
export function receiveByAlias(kernel: Kernel, cell: Cell, ref: Ref, message: unknown, priority: boolean): void {
  const watch = kernel.watchOf(cell, ref);
  if (!(message instanceof ExitByAlias)) {
    if (watch?.message(kernel, message, priority) !== true) kernel.deadLetter(cell.pid, message, "inactive alias");
  } else if (watch !== null && watch.isAlias) {
    kernel.exits.signal(cell, message.from, message.message, false, priority && watch.takesPriority());
  }
}

/** Puts what came by an alias into the mailbox. */
export function deliverBy(kernel: Kernel, cell: Cell, message: unknown, ahead: boolean): void {
  if (ahead) deliverAhead(kernel, cell, message);
  else kernel.deliver(cell, message);
}

/** See `Process.unalias`. */
export class Unalias extends Operation<boolean> {
  readonly alias: Alias<any>;

  constructor(alias: Alias<any>) {
    super();
    if (!(alias instanceof Alias)) throw new TypeError(`Process.unalias: expected an alias, got ${String(alias)}`);
    this.alias = alias;
  }

  override get type(): "process.unalias" {
    return "process.unalias";
  }
}

export function performUnalias(kernel: Kernel, cell: Cell, { alias }: Unalias): boolean {
  return alias.owner.equals(cell.pid) && (kernel.watchOf(cell, alias)?.unalias() ?? false);
}

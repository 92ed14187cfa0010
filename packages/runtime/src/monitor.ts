import { Operation, type Cause } from "@espalier/heartbeat";
import type { Cell } from "./cell.ts";
import { noprocOf } from "./failure.ts";
import type { Kernel } from "./kernel.ts";
import { Pid } from "./pid.ts";
import { Ref } from "./ref.ts";
import type { Down } from "./signal.ts";
import { Watch, type CapturedWatch } from "./watch.ts";

/** See `Process.monitor`. */
export class Monitor extends Operation<Ref> {
  readonly process: Pid | string;
  /** What becomes of the DOWN message; null: it is the message itself. */
  readonly map: ((down: Down) => unknown) | null;

  constructor(process: Pid | string, map: ((down: Down) => unknown) | null) {
    super();
    this.process = process;
    this.map = map;
  }

  override get type(): "process.monitor" {
    return "process.monitor";
  }
}

export function performMonitor(kernel: Kernel, cell: Cell, { process, map }: Monitor): Ref {
  const ref = kernel.newRef(cell);
  // A name is resolved here and never again.
  const target = process instanceof Pid ? process : (kernel.whereis(process)?.pid ?? null);
  if (kernel.events.active) kernel.events.emit({ type: "monitor", from: cell.pid, to: process, ref });
  // Oneself is never seen to end.
  if (target !== null && target.equals(cell.pid)) return ref;
  const watch = new MonitorWatch(cell, ref, target, process, map);
  if (target === null) {
    watch.close();
    watch.down(kernel, noprocOf(process));
  } else {
    kernel.startWatch(watch);
  }
  return ref;
}

/** Delivers one DOWN message. */
export class MonitorWatch extends Watch {
  readonly #process: Pid | string;
  readonly #map: ((down: Down) => unknown) | null;

  constructor(owner: Cell, ref: Ref, target: Pid | null, process: Pid | string, map: ((down: Down) => unknown) | null) {
    super(owner, ref, target);
    this.#process = process;
    this.#map = map;
  }

  override down(kernel: Kernel, cause: Cause): void {
    const { owner, ref } = this;
    const process = this.#process;
    if (kernel.events.active) kernel.events.emit({ type: "down", to: owner.pid, process, ref, cause });
    const delivered = kernel.deliverMapped(owner, { type: "DOWN", ref, process, cause }, this.#map);
    if (this.#map !== null) ref.delivered = delivered;
  }

  override reply(): void {
    // Nobody was asked anything under this ref.
  }

  override capture(): CapturedWatch {
    return {
      kind: "monitor",
      serial: this.ref.serial,
      target: this.target,
      data: { process: this.#process, map: this.#map },
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

  constructor(ref: Ref, flush: boolean) {
    super();
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
  if (watch !== null) {
    kernel.unwatch(watch);
    if (kernel.events.active) kernel.events.emit({ type: "demonitor", from: cell.pid, ref });
    return true;
  }
  if (flush) {
    const { delivered } = ref;
    const index = cell.mailbox.findIndex(
      delivered === undefined ? (message) => isDownOf(message, ref) : (message) => message === delivered,
    );
    if (index >= 0) cell.mailbox.removeAt(index);
  }
  return false;
}

function isDownOf(message: unknown, ref: Ref): boolean {
  const down = message as Partial<Down> | null | undefined;
  return typeof down === "object" && down?.type === "DOWN" && down.ref instanceof Ref && down.ref.equals(ref);
}

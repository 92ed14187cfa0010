import { describe, Operation, type Cause } from "@espalier/heartbeat";
import type { Cell } from "../cell.ts";
import { failure, noprocOf } from "../failure.ts";
import type { Kernel } from "../kernel.ts";
import type { Pid } from "../addresses/pid.ts";

/** See `Process.link`. */
export class Link extends Operation<void> {
  readonly pid: Pid;

  constructor(pid: Pid) {
    super();
    this.pid = pid;
  }

  override get type(): "process.link" {
    return "process.link";
  }
}

export function performLink(kernel: Kernel, cell: Cell, { pid }: Link): void {
  if (pid.equals(cell.pid)) return;
  const atHome = cell.place === null && pid.address.equals(kernel.address);
  if (atHome) {
    const peer = kernel.find(pid);
    if (peer === undefined || !peer.alive) {
      // The process is known to be dead, so whoever does not trap exits hears of it at once, in a form that can be caught.
      if (!cell.trapping) throw failure(noprocOf(pid));
      kernel.deliverMapped(cell, { type: "EXIT", from: pid, cause: noprocOf(pid) }, cell.exitMap);
      return;
    }
  }
  if (!kernel.addLink(cell, pid)) return;
  if (kernel.events.active) kernel.events.emit({ type: "link", from: cell.pid, to: pid });
  kernel.effect(cell, pid, { type: "link", from: cell.pid });
}

/** See `Process.unlink`. */
export class Unlink extends Operation<void> {
  readonly pid: Pid;

  constructor(pid: Pid) {
    super();
    this.pid = pid;
  }

  override get type(): "process.unlink" {
    return "process.unlink";
  }
}

export function performUnlink(kernel: Kernel, cell: Cell, { pid }: Unlink): void {
  if (cell.links === null || !cell.links.delete(pid)) return;
  if (kernel.events.active) kernel.events.emit({ type: "unlink", from: cell.pid, to: pid });
  kernel.effect(cell, pid, { type: "unlink", from: cell.pid });
}

/** See `Process.exit` with a pid. */
export class SendExit extends Operation<void> {
  readonly pid: Pid;
  readonly cause: Cause;

  constructor(pid: Pid, cause: Cause) {
    super();
    this.pid = pid;
    this.cause = cause;
  }

  override get type(): "process.exit" {
    return "process.exit";
  }
}

export function performSendExit(kernel: Kernel, cell: Cell, { pid, cause }: SendExit): void {
  kernel.effect(cell, pid, { type: "exit", from: cell.pid, cause, link: false });
}

/** See `Process.exit` with a cause alone: an exception, which can be caught. */
export class ExitSelf extends Operation<never> {
  readonly cause: Cause;

  constructor(cause: Cause) {
    super();
    this.cause = cause;
  }

  override get type(): "process.exitSelf" {
    return "process.exitSelf";
  }
}

export function performExitSelf(_kernel: Kernel, _cell: Cell, { cause }: ExitSelf): never {
  throw failure(cause);
}

/** See `Process.trapExit`. */
export class TrapExit extends Operation<void> {
  readonly trapping: boolean;
  readonly map: ((exit: any) => unknown) | null;

  constructor(trapping: boolean, map: ((exit: any) => unknown) | null) {
    super();
    if (typeof trapping !== "boolean") {
      throw new TypeError(`Process.trapExit: expected true or false, got ${describe(trapping)}`);
    }
    this.trapping = trapping;
    this.map = map;
  }

  override get type(): "process.trapExit" {
    return "process.trapExit";
  }
}

export function performTrapExit(_kernel: Kernel, cell: Cell, { trapping, map }: TrapExit): void {
  cell.trapping = trapping;
  cell.exitMap = map;
}

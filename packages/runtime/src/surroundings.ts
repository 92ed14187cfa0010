import { Operation } from "@espalier/heartbeat";
import type { Cell } from "./cell.ts";
import type { NodeEvent, Report } from "./introspection/events.ts";
import type { ProcessDetails } from "./introspection/inspect.ts";
import type { Kernel } from "./kernel.ts";
import type { Pid } from "./addresses/pid.ts";

/** See `Process.now`. */
export class Now extends Operation<number> {
  override get type(): "process.now" {
    return "process.now";
  }
}

export function performNow(kernel: Kernel): number {
  return kernel.host.clock.monotonic();
}

/** See `Process.parent`. */
export class Parent extends Operation<Pid> {
  override get type(): "process.parent" {
    return "process.parent";
  }
}

export function performParent(_kernel: Kernel, cell: Cell): Pid {
  return cell.parent;
}

/** See `Process.emit`. */
export class Emit extends Operation<void> {
  readonly event: NodeEvent;

  constructor(event: NodeEvent) {
    super();
    this.event = event;
  }

  override get type(): "process.emit" {
    return "process.emit";
  }
}

export function performEmit(kernel: Kernel, _cell: Cell, { event }: Emit): void {
  if (kernel.events.hears(event.type)) kernel.events.emit(event);
}

/** See `Process.expose`. */
export class Expose extends Operation<void> {
  readonly details: (brief: boolean) => ProcessDetails;

  constructor(details: (brief: boolean) => ProcessDetails) {
    super();
    this.details = details;
  }

  override get type(): "process.expose" {
    return "process.expose";
  }
}

export function performExpose(kernel: Kernel, cell: Cell, { details }: Expose): void {
  kernel.details.set(cell, details);
}

/** See `Process.report`. */
export class TellLogger extends Operation<void> {
  readonly report: Report;

  constructor(report: Report) {
    super();
    this.report = report;
  }

  override get type(): "process.report" {
    return "process.report";
  }
}

export function performTellLogger(kernel: Kernel, _cell: Cell, { report }: TellLogger): void {
  kernel.logger?.report(report);
}

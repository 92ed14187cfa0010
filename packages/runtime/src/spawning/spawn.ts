import { Operation } from "@espalier/heartbeat";
import type { Cell } from "../cell.ts";
import type { Kernel } from "../kernel.ts";
import type { AnyBody } from "./launch.ts";
import { MonitorWatch } from "../exits/monitor.ts";
import type { NodeRef } from "../cluster/node-ref.ts";
import type { Pid } from "../addresses/pid.ts";
import type { Ref } from "../addresses/ref.ts";
import type { Down } from "../exits/signal.ts";
import type { Watch } from "../exits/watch.ts";

/** See `Process.spawn` and `Process.spawnLink`. */
export class Spawn<M> extends Operation<Pid<M>> {
  readonly body: AnyBody;
  readonly parameters: readonly unknown[];
  readonly link: boolean;
  /** Null: here. */
  readonly on: NodeRef | null;

  constructor(body: AnyBody, parameters: readonly unknown[], link: boolean, on: NodeRef | null) {
    super();
    this.body = body;
    this.parameters = parameters;
    this.link = link;
    this.on = on;
  }

  override get type(): "process.spawn" {
    return "process.spawn";
  }
}

export function performSpawn(kernel: Kernel, cell: Cell, { body, parameters, link, on }: Spawn<any>): Pid<any> {
  const child = kernel.spawn(cell.pid, body, parameters, on);
  if (link) linkChild(kernel, cell, child);
  return child.pid;
}

/** Links a process that has not run yet with the one that spawned it: no moment is unguarded. */
export function linkChild(kernel: Kernel, cell: Cell, child: Cell): void {
  kernel.addLink(cell, child.pid);
  if (kernel.events.active) kernel.events.emit({ type: "link", from: cell.pid, to: child.pid });
  kernel.addLink(child, cell.pid);
  // A guest's home has to know of the link too.
  if (cell.place !== null) kernel.effect(cell, child.pid, { type: "link", from: cell.pid });
}

/** The same for a watch: however soon the process ends, whoever spawned it is told its true cause. */
export function watchChild(kernel: Kernel, watch: Watch, child: Cell): void {
  // A guest's home watches in its name, and asks for it when the child may be gone: so it is watched from here on as if that had been asked.
  if (watch.owner.place !== null) kernel.receive(child, { type: "monitor", ref: watch.ref });
  kernel.startWatch(watch);
}

/** See `Process.spawnMonitor`. */
export class SpawnMonitor<M> extends Operation<{ readonly pid: Pid<M>; readonly ref: Ref }> {
  readonly body: AnyBody;
  readonly parameters: readonly unknown[];
  readonly map: ((down: Down) => unknown) | null;

  constructor(body: AnyBody, parameters: readonly unknown[], map: ((down: Down) => unknown) | null) {
    super();
    this.body = body;
    this.parameters = parameters;
    this.map = map;
  }

  override get type(): "process.spawnMonitor" {
    return "process.spawnMonitor";
  }
}

export function performSpawnMonitor(
  kernel: Kernel,
  cell: Cell,
  { body, parameters, map }: SpawnMonitor<any>,
): { readonly pid: Pid<any>; readonly ref: Ref } {
  const child = kernel.spawn(cell.pid, body, parameters);
  const ref = kernel.newRef(cell);
  if (kernel.events.active) kernel.events.emit({ type: "monitor", from: cell.pid, to: child.pid, ref });
  watchChild(kernel, new MonitorWatch(cell, ref, child.pid, child.pid, { map }), child);
  return { pid: child.pid, ref };
}

import type { Cell } from "../cell.ts";
import type { Away, Guest } from "../distribution-port.ts";
import { NotMovableError, type Check, type Frame, type FrameState } from "../frame.ts";
import type { Kernel } from "../kernel.ts";
import { Links } from "../exits/links.ts";
import type { OpenRequest } from "./migrations.ts";
import { capture, dropGuest, install, type CapturedProcess } from "./moving.ts";
import type { Pid } from "../addresses/pid.ts";
import { Ref } from "../addresses/ref.ts";
import type { Signal } from "../exits/signal.ts";
import type { Resumption } from "./travelling-wait.ts";
import { RemoteWatcher, type Watch } from "../exits/watch.ts";

/** What the home of a process hands over: the process as it travels, and what only its home knows. */
export interface CapturedHome {
  readonly captured: CapturedProcess;
  readonly name: string | null;
  /** Under what others wait to hear of its end. */
  readonly watchers: readonly Ref[];
}

/**
 * The place of a process that is written down, and whose home is about to be elsewhere: nothing reaches it, and nothing leaves it. What comes
 * is held by whoever hands it over; what its timers send is sent if it stays, and forgotten if it goes, because the timers went along.
 */
export class Leaving {
  readonly kind = "leaving";
  /** Watches that fired meanwhile, to be opened again if it stays. */
  readonly fired: Watch[] = [];
  readonly #hold: (signal: Signal) => void;
  readonly #sent: { readonly to: Pid; readonly signal: Signal }[] = [];

  constructor(hold: (signal: Signal) => void) {
    this.#hold = hold;
  }

  /** Something comes for it. */
  hold(signal: Signal): void {
    this.#hold(signal);
  }

  /** Something of it sends. */
  out(to: Pid, signal: Signal): void {
    this.#sent.push({ to, signal });
  }

  /** It stays: its watches wait again, and what it sent goes. */
  stay(kernel: Kernel, cell: Cell): void {
    cell.place = null;
    for (const watch of this.fired) watch.reopen();
    for (const { to, signal } of this.#sent) kernel.effect(cell, to, signal);
  }

  ended(): void {
    // Its node stops: whoever is to be its home says whether there is one.
  }
}

/** Where a process is that does not live and run here. */
export type CellPlace = Away | Guest | Leaving;

/** @throws NotMovableError when something of this node depends on the process, so that its home cannot be handed over. */
export function checkHome(kernel: Kernel, cell: Cell, isAwaited: boolean): void {
  const refuse = (why: string): never => {
    throw new NotMovableError(`cannot hand over the home of ${cell.label}: ${why}`);
  };
  if (cell.place !== null) refuse("it is not computed at its home; move it there first");
  if (isAwaited) refuse("its node was started with it, or waits for what it returns");
  if (kernel.checkpoints?.holds(cell) === true) refuse("it is kept on the disk of its node");
  if (kernel.channels.inspect().channels.some(({ owner }) => owner === cell)) {
    refuse("it owns channels, which stay on their node and end with their owner; close them first");
  }
}

/** Reads a process together with what its home knows of it. Its place is {@link Leaving} already. */
export function captureHome(
  kernel: Kernel,
  cell: Cell,
  check: Check,
  resumption: Resumption | undefined,
  requests: readonly OpenRequest[],
): CapturedHome {
  const captured = capture(kernel, cell, check, resumption);
  const watchers: Ref[] = [];
  for (let watcher = cell.watchers; watcher !== null; watcher = watcher.next) {
    watchers.push((watcher as Watch | RemoteWatcher).ref);
  }
  return { captured: { ...captured, requests }, name: cell.name, watchers: watchers.toReversed() };
}

/**
 * What a peer says that the home of a process knows.
 *
 * @throws TypeError naming what is wrong.
 */
export function parseHome(data: unknown): Omit<CapturedHome, "captured"> {
  const { name, watchers } = (data ?? {}) as { readonly name?: unknown; readonly watchers?: unknown };
  if (name !== null && typeof name !== "string") throw new TypeError("name: expected a text or nothing");
  if (!Array.isArray(watchers) || !watchers.every((ref) => ref instanceof Ref)) {
    throw new TypeError("watchers: expected refs");
  }
  return { name, watchers };
}

/** The process has another home: everything of it leaves this node, and nobody is told. Watches and watchers go on across the link. */
export function releaseHome(kernel: Kernel, cell: Cell): void {
  for (let watcher = cell.watchers; watcher !== null; watcher = cell.watchers) {
    watcher.detach();
    if (watcher instanceof RemoteWatcher) kernel.remoteWatchers.delete(watcher.ref.key);
  }
  for (let watch = cell.watches; watch !== null; watch = watch.nextOwned) {
    const { watched, ref } = watch;
    if (watched === null) continue;
    watch.detach();
    watchFromAfar(kernel, watched, ref);
  }
  if (cell.name !== null) kernel.unregister(cell);
  cell.place = null;
  cell.links = null;
  cell.ended = null;
  kernel.migrations.left(cell);
  dropGuest(kernel, cell);
  kernel.removeHomed(cell);
}

/** This node is the home of `pid` from now on: the process is here, parked. */
export function adoptHome(
  kernel: Kernel,
  pid: Pid<any>,
  { captured, name, watchers }: CapturedHome,
  restore: (state: FrameState) => Frame,
): Cell {
  const cell = kernel.newCell(pid, captured.parent, captured.label, null);
  kernel.addHomed(cell);
  cell.links = new Links(kernel.address);
  for (const peer of captured.links) cell.links.add(peer);
  for (const ref of watchers) watchFromAfar(kernel, cell, ref);
  if (name !== null && kernel.whereis(name) === undefined) kernel.register(cell, name);
  install(kernel, cell, captured, restore);
  return cell;
}

function watchFromAfar(kernel: Kernel, watched: Cell, ref: Ref): void {
  const watcher = new RemoteWatcher(ref);
  watcher.attach(watched);
  kernel.remoteWatchers.set(ref.key, watcher);
}

import { Queue } from "@espalier/channels";
import { heartbeatArgument } from "@espalier/heartbeat";
import { BoundedMailbox } from "../mailbox/bounded-mailbox.ts";
import { AliasWatch } from "../addresses/alias.ts";
import type { Cell } from "../cell.ts";
import { Retiring } from "../checkpoint/retiring.ts";
import type { Destination } from "../addresses/destination.ts";
import type { Away, Guest } from "../distribution-port.ts";
import { NotMovableError, type Check, type Frame, type FrameState } from "../frame.ts";
import { noprocOf } from "../failure.ts";
import { packHops, unpackHops, withHop, type PackedHops } from "./hops.ts";
import type { Kernel } from "../kernel.ts";
import { Launch, type AnyBody } from "../spawning/launch.ts";
import { Links } from "../exits/links.ts";
import { captureMapped, installMapped } from "../exits/mapped-downs.ts";
import type { OpenRequest } from "./migrations.ts";
import type { Pid } from "../addresses/pid.ts";
import { priorityMailbox, urgentIn } from "../mailbox/priority.ts";
import { Ref } from "../addresses/ref.ts";
import type { Exit } from "../exits/signal.ts";
import { Performing } from "../performing.ts";
import { attemptMarker } from "./remote.ts";
import { answerRequest } from "../spawning/spawn-request.ts";
import { isMarker, type CapturedEntry, type CapturedMarker, type Marker } from "../stack.ts";
import { TaskMarker, TaskWatch } from "../tasks/task.ts";
import { ScopeMarker } from "../lifetimes/scope-marker.ts";
import { setTimer, Timer } from "../timers/timer.ts";
import type { Resumption } from "./travelling-wait.ts";
import { suspended } from "../waiting.ts";
import type { CapturedWatch, Watch } from "../exits/watch.ts";

/** A process as it travels: plain data and values that travel, and in `stack` the frames' own. */
export interface CapturedProcess {
  readonly label: string;
  readonly parent: Pid;
  /** The oldest first. */
  readonly stack: readonly CapturedEntry[];
  readonly mailbox: readonly unknown[];
  /** How many of them are priority messages: those in front. */
  readonly urgent: number;
  /** Which of them the maps of monitors have made: see `mapped-downs.ts`. */
  readonly mapped: readonly (readonly [serial: number, index: number])[];
  readonly stash: readonly unknown[];
  readonly trapping: boolean;
  readonly exitMap: ((exit: Exit) => unknown) | null;
  /** The computation's own knowledge of its links and watches; what they are is decided at its home. */
  readonly links: readonly Pid[];
  readonly watches: readonly CapturedWatch[];
  readonly refSerial: number;
  readonly starter: Ref | null;
  /** Timers that were set on the way. Those that were set at home stay there. */
  readonly timers: readonly CapturedTimer[];
  /** How it goes on. */
  readonly resumption: Resumption;
  /** Who waits for it to move, the oldest first. */
  readonly requests: readonly OpenRequest[];
  readonly reductions: number;
  /** Where it was before, and where it is leaving from. */
  readonly hops: PackedHops | null;
}

export interface CapturedTimer {
  /** Its number among what its process has made: see `TimerRef`. */
  readonly serial: number;
  readonly to: Destination<any>;
  readonly message: unknown;
  readonly remainingMs: number;
}

/** Makes a marker again from what {@link Marker.capture} gave. */
export type MarkerMaker = (kernel: Kernel, cell: Cell, data: unknown) => Marker;

/** The kinds of markers that travel; other layers add theirs. */
export const markerMakers: readonly (readonly [marker: string, maker: MarkerMaker])[] = [
  ["attempt", () => attemptMarker],
  ["scope", (_kernel, _cell, data) => new ScopeMarker(heartbeatArgument(data, "scope"))],
  ["task", (_kernel, _cell, data) => new TaskMarker(data as Ref)],
];

/**
 * Reads a process, changing nothing: a failed transfer simply goes on.
 *
 * @param check called with everything that has to travel; see {@link Frame.capture}.
 * @param resumption how it is to go on: with nothing, after an operation of its own that asked for this, or as it stands.
 * @throws NotMovableError naming what cannot travel.
 */
export function capture(
  kernel: Kernel,
  cell: Cell,
  check: Check,
  resumption: Resumption = withNothing,
): CapturedProcess {
  if (cell.mailbox instanceof BoundedMailbox) {
    throw new NotMovableError(
      `cannot move ${cell.label}: its mailbox is bounded, and senders wait for it here; start it where it is to be, or without mailbox`,
    );
  }
  const entries: (Frame | Marker)[] = [...(cell.stack ?? [])];
  if (cell.frame !== null) entries.push(cell.frame);
  const mailbox = [...cell.mailbox];
  const stash = cell.stash === null ? [] : [...cell.stash];
  mailbox.forEach((message, index) => check(message, () => `message ${index + 1} in the mailbox of ${cell.label}`));
  stash.forEach((message, index) => check(message, () => `message ${index + 1} in the stash of ${cell.label}`));
  for (const { stays } of cell.belongings ?? []) {
    if (stays !== undefined) throw new NotMovableError(`cannot move ${cell.label}: ${stays}`);
  }
  if (cell.exitMap !== null) check(cell.exitMap, () => `the map of trapped exits of ${cell.label}`);
  return {
    label: cell.label,
    parent: cell.parent,
    // An operation that was handed over has only its result to pass on, and nothing to lose.
    stack: entries
      .filter((entry, index) => !(entry instanceof Performing && entry.begun && index < entries.length - 1))
      .filter((entry) => !(entry instanceof Retiring))
      .map((entry) => captureEntry(cell, entry, check)),
    mailbox,
    urgent: urgentIn(cell),
    mapped: captureMapped(cell),
    stash,
    trapping: cell.trapping,
    exitMap: cell.exitMap,
    links: cell.links === null ? [] : [...cell.links],
    watches: captureWatches(cell, check),
    refSerial: cell.refSerial,
    starter: cell.starter,
    timers: cell.place?.kind === "guest" || cell.place?.kind === "leaving" ? captureTimers(kernel, cell, check) : [],
    resumption,
    requests: kernel.migrations.requestsOf(cell),
    reductions: cell.reductions,
    hops: packHops(withHop(cell)),
  };
}

const withNothing: Resumption = { type: "value", value: undefined };

function captureEntry(cell: Cell, entry: Frame | Marker, check: Check): CapturedEntry {
  if (isMarker(entry)) {
    const data = entry.capture();
    check(data, () => `the ${entry.marker} scope of ${cell.label}`);
    return { marker: entry.marker, data };
  }
  if (entry instanceof Launch) {
    const { body, parameters } = entry;
    check(body, () => `the body of ${cell.label}`);
    check(parameters, () => `the parameters of ${cell.label}`);
    return { marker: "launch", data: { body, parameters } };
  }
  if (entry instanceof Performing) return { marker: "performed", data: null };
  if (entry.capture === undefined) {
    throw new NotMovableError(
      `cannot move ${cell.label}: one of the functions that are executing is no remote definition; declare it with remote({ … }, function* …), and let a server (Server.define), which stays on its node, call what is to move`,
    );
  }
  return entry.capture(check);
}

function captureWatches(cell: Cell, check: Check): CapturedWatch[] {
  const captured: CapturedWatch[] = [];
  for (let watch = cell.watches; watch !== null; watch = watch.nextOwned) {
    const data = watch.capture();
    if (data === null) continue;
    check(data, () => `a ${data.kind} of ${cell.label}`);
    captured.push(data);
  }
  return captured;
}

/** The timers that end with the process. */
export function captureTimers(kernel: Kernel, cell: Cell, check: Check): CapturedTimer[] {
  const captured: CapturedTimer[] = [];
  for (const alarm of cell.alarms ?? []) {
    const { target } = alarm;
    if (!(target instanceof Timer)) continue;
    const { serial, to, message } = target;
    check(to, () => `the receiver of a timer of ${cell.label}`);
    check(message, () => `the message of a timer of ${cell.label}`);
    captured.push({ serial, to, message, remainingMs: kernel.alarms.remainingMs(alarm) });
  }
  return captured;
}

/** Keeps the process that is executing from going on, until `Kernel.resume` or `Kernel.throwInto`. A handler returns what this returns. */
export function park(cell: Cell): typeof suspended {
  cell.status = "parked";
  if (cell.resumption === "message") {
    cell.input = cell.handling;
    cell.resumption = "value";
  }
  cell.kernel.columns.settle(cell);
  return suspended;
}

/** What a process computes is leaving: from now on its signals go through `away`. The frames stay, in case that it has to {@link stay}. */
export function depart(cell: Cell, away: Away): void {
  cell.place = away;
  cell.status = "away";
  cell.kernel.columns.settle(cell);
}

/** The process is computed here after all: its frames and mailbox are as they were captured, and it is parked. */
export function stay(cell: Cell): void {
  // What they tell was forwarded, and is delivered next.
  if (cell.place?.kind === "away") for (const watch of cell.place.fired ?? []) watch.reopen();
  cell.place = null;
  cell.status = "parked";
  cell.kernel.columns.settle(cell);
}

/** The process has arrived elsewhere: its frames and mailbox here are forgotten, and nothing of them runs. */
export function letGo(kernel: Kernel, cell: Cell): void {
  kernel.exits.drop(cell);
  releaseBelongings(cell);
  cell.mailbox.clear();
  cell.stash = null;
  cell.handling = undefined;
  kernel.columns.settle(cell);
  cell.starter = null;
  cell.input = undefined;
  cell.resumption = "value";
  cell.interrupt = null;
  // Which aliases are active is known where it computes.
  for (let watch = cell.watches; watch !== null;) {
    const next = watch.nextOwned;
    if (watch instanceof AliasWatch) watch.close();
    watch = next;
  }
  kernel.migrations.left(cell);
  if (cell.place?.kind === "away") cell.place.fired = null;
  answerRequest(kernel, cell);
}

/** A process with another home, to be computed here: parked, its effects go to `guest`. */
export function come(
  kernel: Kernel,
  pid: Pid<any>,
  captured: CapturedProcess,
  guest: Guest,
  restore: (state: FrameState) => Frame,
): Cell {
  const cell = kernel.newCell(pid, captured.parent, captured.label, null);
  cell.place = guest;
  install(kernel, cell, captured, restore);
  kernel.guests.set(pid.key, cell);
  kernel.turn();
  return cell;
}

/** A process of this node comes back, parked. What its home knows of links, watches and timers stands. */
export function comeHome(
  kernel: Kernel,
  cell: Cell,
  captured: CapturedProcess,
  restore: (state: FrameState) => Frame,
): void {
  cell.place = null;
  install(kernel, cell, captured, restore);
}

/**
 * A computation of a former life of this node goes on as the process `pid`, parked. What it was linked to knows it no more; whom it watched it
 * watches again, and hears of those that are gone.
 */
export function arise(
  kernel: Kernel,
  pid: Pid<any>,
  captured: CapturedProcess,
  restore: (state: FrameState) => Frame,
): Cell {
  const cell = kernel.newCell(pid, captured.parent, captured.label, null);
  pid.cell = cell;
  kernel.cells.add(pid.serial, cell);
  kernel.recorder.spawned(cell);
  if (kernel.events.hears("spawn")) kernel.events.emit({ type: "spawn", pid, parent: cell.parent, label: cell.label });
  install(kernel, cell, captured, restore);
  const watches: Watch[] = [];
  for (let watch = cell.watches; watch !== null; watch = watch.nextOwned) watches.push(watch);
  // The oldest first.
  for (const watch of watches.toReversed()) {
    if (!(watch instanceof TaskWatch && watch.outcome !== null)) kernel.startWatch(watch);
  }
  if (cell.trapping) {
    for (const from of captured.links) {
      kernel.deliverMapped(cell, { type: "EXIT", from, cause: noprocOf(from) }, cell.exitMap);
    }
  }
  return cell;
}

/** A guest is not computed here any more: nothing of it runs, and nobody is told. */
export function dropGuest(kernel: Kernel, cell: Cell): void {
  cell.waiting?.cancel(kernel);
  cell.waiting = null;
  kernel.exits.drop(cell);
  for (let watch = cell.watches; watch !== null; watch = cell.watches) watch.close();
  for (const alarm of cell.alarms ?? []) kernel.alarms.cancel(alarm);
  cell.alarms = null;
  cell.status = "ended";
  releaseBelongings(cell);
  cell.mailbox.clear();
  cell.stash = null;
  cell.handling = undefined;
  kernel.columns.remove(cell);
  cell.input = undefined;
  cell.interrupt = null;
  // It may be back already, in a later epoch.
  if (kernel.guests.get(cell.pid.key) === cell) kernel.guests.delete(cell.pid.key);
  kernel.turn();
}

/** What it held outside of itself it takes up again where it goes on; its home keeps what is the home's. */
function releaseBelongings(cell: Cell): void {
  const belongings = [...(cell.belongings ?? [])];
  const kept = belongings.filter(({ atHome }) => atHome === true && cell.alive);
  for (const belonging of belongings) if (!kept.includes(belonging)) belonging.release();
  cell.belongings = kept.length === 0 ? null : new Set(kept);
}

/** Makes a process what it was, parked. */
export function install(
  kernel: Kernel,
  cell: Cell,
  captured: CapturedProcess,
  restore: (state: FrameState) => Frame,
): void {
  cell.status = "parked";
  const stack = captured.stack.map((entry) => restoreEntry(kernel, cell, entry, restore));
  const top = stack.pop();
  if (top === undefined || isMarker(top)) throw new TypeError("stack: expected a frame on top");
  cell.frame = top;
  cell.stack = stack.length === 0 ? null : stack;
  for (const entry of stack) if (isMarker(entry)) entry.entered(kernel, cell);
  captured.mailbox.forEach((message, index) => {
    if (index < captured.urgent) priorityMailbox(cell).pushUrgent(message);
    else cell.mailbox.push(message);
  });
  installMapped(cell, captured.mapped);
  for (const message of captured.stash) (cell.stash ??= new Queue()).push(message);
  cell.trapping = captured.trapping;
  cell.exitMap = captured.exitMap;
  cell.refSerial = Math.max(cell.refSerial, captured.refSerial);
  cell.starter = captured.starter;
  cell.hops = unpackHops(captured.hops);
  if (cell.place !== null) {
    const links = new Links(kernel.address);
    for (const peer of captured.links) links.add(peer);
    cell.links = links;
  }
  for (const watch of captured.watches) installWatch(kernel, cell, watch);
  for (const { serial, to, message, remainingMs } of captured.timers) {
    setTimer(kernel, cell, remainingMs, to, message, serial);
  }
  cell.reductions = captured.reductions;
  kernel.columns.add(cell);
  kernel.columns.settle(cell);
}

function restoreEntry(
  kernel: Kernel,
  cell: Cell,
  entry: CapturedEntry,
  restore: (state: FrameState) => Frame,
): Frame | Marker {
  if (!isCapturedMarker(entry)) return restore(entry);
  if (entry.marker === "launch") {
    const { body, parameters } = entry.data as { body: AnyBody; parameters: readonly unknown[] };
    return new Launch(kernel, body, parameters);
  }
  if (entry.marker === "performed") return new Performing(null);
  const maker = kernel.markerMakers.get(entry.marker);
  if (maker === undefined) throw new TypeError(`marker: this node does not know ${JSON.stringify(entry.marker)}`);
  return maker(kernel, cell, entry.data);
}

/** The home has kept a watch in the computation's name: the real one takes its place. */
function installWatch(kernel: Kernel, cell: Cell, captured: CapturedWatch): void {
  const maker = kernel.watchMakers.get(captured.kind);
  if (maker === undefined) throw new TypeError(`watch: this node does not know ${JSON.stringify(captured.kind)}`);
  const ref = new Ref(cell.pid, captured.serial);
  const kept = kernel.watchOf(cell, ref);
  const watched = kept?.watched ?? null;
  kept?.close();
  const watch = maker(cell, ref, captured);
  if (watched !== null) watch.attach(watched);
}

function isCapturedMarker(entry: CapturedEntry): entry is CapturedMarker {
  return "marker" in entry;
}

import type { Cause } from "@espalier/heartbeat";
import type { Cell } from "../cell.ts";
import { crashHint } from "./crash-hint.ts";
import type { CrashAncestor, CrashReport } from "./crash-report.ts";
import { fingerprintOf } from "./fingerprint.ts";
import type { Kernel } from "../kernel.ts";
import { messageKind } from "./message-kind.ts";
import { passedMs } from "./process-columns.ts";
import type { Pid } from "../addresses/pid.ts";

/** How many reports are kept: the oldest give way. */
export const crashesMax = 256;

const ancestorsMax = 16;
const messagesMax = 5;
const linksMax = 10;

/**
 * The crashes of a node. A report is made at the moment of the crash, from what is at hand: that costs the same whatever waits in the mailbox,
 * and whatever must be worked out is worked out when it is read.
 */
export class CrashLog {
  readonly #kernel: Kernel;
  readonly #ring: Crash[] = [];
  /** Those in the ring, by the pid's key. */
  readonly #byPid: Map<string, Crash> = new Map();
  /** The last one of each child, while its supervisor has more to say about it: see {@link CrashLog.decided}. */
  readonly #byChild: Map<string, Crash> = new Map();
  #count = 0;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** How many there were; {@link CrashLog.reports} has the last {@link crashesMax} of them. */
  get count(): number {
    return this.#count;
  }

  /** The oldest first. */
  get reports(): readonly CrashReport[] {
    const oldest = this.#count < crashesMax ? 0 : this.#count % crashesMax;
    return [...this.#ring.slice(oldest), ...this.#ring.slice(0, oldest)];
  }

  /** The report of that number; undefined when there is none, or none any more. */
  get(id: number): CrashReport | undefined {
    const crash = this.#ring[(id - 1) % crashesMax];
    return crash?.id === id ? crash : undefined;
  }

  /** The process crashes: it has its name, its mailbox and its links still. */
  add(cell: Cell, cause: Cause): CrashReport {
    const crash = new Crash(this, this.#kernel, this.#count + 1, cell, cause);
    const index = this.#count % crashesMax;
    const old = this.#ring[index];
    if (old !== undefined) this.#forget(old);
    this.#ring[index] = crash;
    this.#byPid.set(cell.pid.key, crash);
    this.#count += 1;
    return crash;
  }

  /**
   * For supervisors: what is decided about the end of a child. `child` is what {@link CrashLog.further} says more about it under, until the child
   * has ended again. Nothing happens when it did not crash.
   */
  decided(pid: Pid, child: string, decision: string): void {
    const former = this.#byChild.get(child);
    if (former !== undefined) this.#close(former);
    const crash = this.#byPid.get(pid.key);
    if (crash === undefined) return;
    crash.child = child;
    crash.decision = decision;
    this.#byChild.set(child, crash);
  }

  /** What has come of the decision about the last crash of `child`. */
  further(child: string, decision: string): void {
    const crash = this.#byChild.get(child);
    if (crash !== undefined) crash.decision = decision;
  }

  #close(crash: Crash): void {
    if (crash.child !== null && this.#byChild.get(crash.child) === crash) this.#byChild.delete(crash.child);
    crash.child = null;
  }

  #forget(crash: Crash): void {
    this.#close(crash);
    if (this.#byPid.get(crash.pid.key) === crash) this.#byPid.delete(crash.pid.key);
  }
}

class Crash implements CrashReport {
  readonly id: number;
  readonly atMs: number;
  readonly livedMs: number;
  readonly pid: Pid;
  readonly name: string | null;
  readonly label: string;
  readonly ancestors: readonly CrashAncestor[];
  readonly cause: Cause;
  readonly handling: string | null;
  readonly recent: readonly string[];
  readonly mailbox: CrashReport["mailbox"];
  readonly links: readonly Pid[];
  readonly linkCount: number;
  readonly monitorCount: number;
  decision: string | null = null;
  /** As which child its supervisor knows it. */
  child: string | null = null;
  readonly #log: CrashLog;
  /** How the server stood that it had waited for in vain. */
  readonly #callee: string | null;
  #fingerprint: string | null = null;

  constructor(log: CrashLog, kernel: Kernel, id: number, cell: Cell, cause: Cause) {
    const { pid, name, label, mailbox, stash, links } = cell;
    this.#log = log;
    this.id = id;
    this.atMs = kernel.host.clock.wall();
    this.livedMs = passedMs(cell.started, kernel.host.clock.monotonic());
    this.pid = pid;
    this.name = name;
    this.label = label;
    this.ancestors = ancestorsOf(kernel, cell);
    this.cause = cause;
    this.handling = cell.handling === undefined ? null : messageKind(cell.handling);
    this.recent = cell.recent?.kinds ?? (this.handling === null ? [] : [this.handling]);
    const first: string[] = [];
    for (let index = 0; index < mailbox.length && index < messagesMax; index += 1) {
      first.push(messageKind(mailbox.at(index)));
    }
    this.mailbox = { length: mailbox.length, stashed: stash?.length ?? 0, first };
    const shown: Pid[] = [];
    if (links !== null) {
      for (const peer of links) {
        if (shown.length === linksMax) break;
        shown.push(peer);
      }
    }
    this.links = shown;
    this.linkCount = links?.size ?? 0;
    let monitorCount = 0;
    for (let watcher = cell.watchers; watcher !== null; watcher = watcher.next) monitorCount += 1;
    this.monitorCount = monitorCount;
    this.#callee =
      cause.type === "error" && cause.error.code === "CALL_FAILED" ? calleeOf(kernel, cause.error.message) : null;
  }

  get fingerprint(): string {
    return (this.#fingerprint ??= fingerprintOf(this.cause));
  }

  get hint(): string | null {
    return crashHint(this, this.#log.reports, this.#callee);
  }
}

/** Whom a call was to that failed, as its message has it. */
const calledPattern = /^call .{1,200}? to (?:Pid\(([^.)]*)\.(\d+)\)|(.{1,200}?)) failed: timeout/;

/** What somebody who did not answer in time is doing, in words; null when that is not known here. */
function calleeOf(kernel: Kernel, message: string): string | null {
  const found = calledPattern.exec(message);
  if (found === null) return null;
  const [, node, serial, name] = found;
  if (node !== undefined && !kernel.address.id.startsWith(node)) return null;
  const callee = name === undefined ? kernel.cells.get(Number(serial)) : kernel.names.get(name);
  if (callee === undefined) return null;
  const { label, pid, handling, mailbox, waiting } = callee;
  const doing = handling === undefined ? "handled nothing" : `was handling ${messageKind(handling)}`;
  const waits = waiting === null || handling === undefined ? "" : `, waiting for ${waiting.what}`;
  return `${callee.name ?? label} ${pid.toString()} ${doing}${waits}, and ${mailbox.length} messages waited`;
}

function ancestorsOf(kernel: Kernel, { parent }: Cell): readonly CrashAncestor[] {
  const ancestors: CrashAncestor[] = [];
  for (let cell = parent.cell; cell !== null && ancestors.length < ancestorsMax; cell = cell.parent.cell) {
    const { pid, name, label } = cell;
    ancestors.push({ pid, name, label, details: kernel.detailsOf(cell, true) });
  }
  return ancestors;
}

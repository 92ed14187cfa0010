import { messageKind, passedMs, type Cell, type Node, type Pid } from "@espalier/runtime";
import type { Doing as DoingWord, ProcessKind, ProcessMention, ProcessRow } from "../protocol/sheets.ts";
import { shortPidOf } from "../words/short-pid.ts";
import type { Restarts } from "./restarts.ts";
import type { Sample } from "./sample.ts";
import type { Supervisors } from "./supervisors.ts";

/** By the column `doing`. */
export const doingWords: readonly DoingWord[] = ["ended", "idle", "waiting", "runnable", "elsewhere"];

/** Says of single processes what lists show: only ever of those that are shown. */
export class Rows {
  readonly #node: Node;
  readonly #sample: Sample;
  readonly #supervisors: Supervisors;
  readonly #restarts: Restarts;

  constructor(node: Node, sample: Sample, supervisors: Supervisors, restarts: Restarts) {
    this.#node = node;
    this.#sample = sample;
    this.#supervisors = supervisors;
    this.#restarts = restarts;
  }

  row(cell: Cell, child: string | null = this.#supervisors.childId(cell)): ProcessRow {
    const { kernel } = this.#node;
    const { pid, parent, name, label, waiting, slot } = cell;
    const { columns } = kernel;
    const sample = this.#sample;
    const kind = this.kind(cell);
    const restarts = kind === "supervisor" ? this.#restarts.by(pid) : this.#restartsOf(cell, child);
    return {
      pid: pid.key,
      shortPid: shortPidOf(pid, this.#node),
      name,
      label,
      child,
      parent: kernel.find(parent) === undefined ? null : parent.key,
      kind,
      doing: doingOf(cell),
      doingMs: slot < 0 ? 0 : this.doingMs(slot),
      waitingFor: waiting?.what ?? null,
      handling: cell.handling === undefined ? null : messageKind(cell.handling),
      mailbox: cell.mailbox.length,
      received: slot < 0 ? 0 : (columns.received[slot] as number),
      reductions: cell.reductions,
      receivedPerSecond: sample.rate(sample.received, slot),
      reductionsPerSecond: sample.rate(sample.reductions, slot),
      mailboxPerSecond: sample.rate(sample.mailbox, slot),
      restarts,
      suspended: isSuspended(cell),
    };
  }

  /** Of those of a sample that are still there. */
  rows(slots: readonly number[]): ProcessRow[] {
    const { cells } = this.#node.kernel.columns;
    return slots.flatMap((slot) => (this.#sample.has(slot) ? [this.row(cells[slot] as Cell)] : []));
  }

  kind(cell: Cell): ProcessKind {
    const details = this.#node.kernel.detailsOf(cell, true);
    // Behaviours alone write down what they take.
    if (details === null) return cell.recent === null ? "process" : "server";
    return details.type === "supervisor" ? "supervisor" : "statechart";
  }

  /** How often those that were started again were, by slot: for sorting. */
  restarts(): (slot: number) => number {
    const { kernel } = this.#node;
    const counts = new Map<number, number>();
    for (const { pid, count } of this.#restarts.supervisors) {
      const cell = kernel.find(pid);
      if (cell !== undefined) counts.set(cell.slot, count);
    }
    for (const { pid } of this.#restarts.children.values()) {
      const cell = kernel.find(pid);
      if (cell !== undefined && !counts.has(cell.slot)) counts.set(cell.slot, this.row(cell).restarts);
    }
    return (slot) => counts.get(slot) ?? 0;
  }

  /** For how long the process has been doing what it does, to a tick. */
  doingMs(slot: number): number {
    const { columns, host } = this.#node.kernel;
    return passedMs(columns.since[slot] as number, host.clock.monotonic());
  }

  mention(pid: Pid): ProcessMention {
    const { kernel } = this.#node;
    const cell = kernel.find(pid) ?? kernel.guests.get(pid.key);
    return { pid: pid.key, shortPid: shortPidOf(pid, this.#node), label: cell === undefined ? null : titleOf(cell) };
  }

  #restartsOf({ parent }: Cell, child: string | null): number {
    return child === null ? 0 : (this.#restarts.ofChild(parent, child)?.count ?? 0);
  }
}

/** What people call a process. */
export function titleOf({ name, label }: Cell): string {
  return name ?? label;
}

function doingOf({ kernel, slot }: Cell): DoingWord {
  return slot < 0 ? "ended" : (doingWords[kernel.columns.doing[slot] as number] as DoingWord);
}

/** A server that is suspended waits for system messages only, above all to go on: see `Sys.suspend`. */
function isSuspended({ waiting }: Cell): boolean {
  return waiting?.what === "resume";
}

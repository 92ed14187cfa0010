import { messageKind, type Cell, type Node, type Pid } from "@espalier/runtime";
import { supervisorSummary } from "../crashes/supervisor-summary.ts";
import type { ProcessMention, ProcessSheet } from "../protocol/sheets.ts";
import type { ShownValue } from "../protocol/value.ts";
import { show } from "../showing/show.ts";
import { blastOf } from "./blast.ts";
import { findProcess } from "./find-process.ts";
import { isAbout, newestLines } from "./lines.ts";
import type { Rows } from "./rows.ts";
import type { Restarts } from "./restarts.ts";

const messagesMax = 10;
const mentionsMax = 50;
const blastMax = 100;
const timersMax = 20;
const ancestorsMax = 16;
const eventsMax = 50;

const hidden: ShownValue = { type: "hidden" };

/** A process in full; what may be many is cut. */
export class ProcessSheets {
  readonly #node: Node;
  readonly #rows: Rows;
  readonly #restarts: Restarts;

  constructor(node: Node, rows: Rows, restarts: Restarts) {
    this.#node = node;
    this.#rows = rows;
    this.#restarts = restarts;
  }

  /** @param values whether what is in messages may be shown. */
  sheet(key: string, values: boolean): ProcessSheet | null {
    const { kernel } = this.#node;
    const cell = findProcess(kernel, key);
    if (cell === undefined || cell.status === "ended") return null;
    const { pid, place, waiting, stash, trapping, links } = cell;
    const rows = this.#rows;
    const row = rows.row(cell);
    const blast = blastOf(kernel, cell, blastMax);
    const on = waiting?.on;
    const brief = kernel.detailsOf(cell, true);
    return {
      row,
      ancestors: this.#ancestors(cell),
      trapping,
      stashed: stash?.length ?? 0,
      messages: messagesOf(cell, values),
      timers: this.#timers(cell),
      links: this.#mentions(links ?? []),
      linkCount: links?.size ?? 0,
      monitors: this.#mentions(monitorsOf(cell)),
      monitoredBy: this.#mentions(watchersOf(cell)),
      blast: { processes: blast.cells.map((other) => rows.mention(other.pid)), more: blast.more },
      // A supervisor's children are in the tree, and may be many.
      details: show(brief === null || brief.type === "supervisor" ? brief : kernel.detailsOf(cell, false)),
      supervisor: supervisorSummary(brief),
      place: place?.kind ?? "home",
      host: place?.kind === "away" ? place.host : null,
      waitingOn: on === undefined ? null : rows.mention(on),
      restarts: this.#history(cell, row.child),
      events: newestLines(this.#node, eventsMax, (event) => isAbout(event, pid)),
    };
  }

  #ancestors({ parent }: Cell): ProcessSheet["ancestors"] {
    const { kernel } = this.#node;
    const ancestors: { pid: string; label: string; name: string | null }[] = [];
    for (let cell = kernel.find(parent); cell !== undefined; cell = kernel.find(cell.parent)) {
      if (ancestors.length === ancestorsMax) break;
      ancestors.push({ pid: cell.pid.key, label: cell.label, name: cell.name });
    }
    return ancestors;
  }

  #timers(cell: Cell): ProcessSheet["timers"] {
    const { alarms } = this.#node.kernel;
    const timers: { what: string; remainingMs: number }[] = [];
    for (const alarm of alarms.all) {
      if (timers.length === timersMax) break;
      if (alarm.target.holder !== cell) continue;
      timers.push({ what: alarm.target.what ?? "timer", remainingMs: alarms.remainingMs(alarm) });
    }
    return timers;
  }

  #mentions(pids: Iterable<Pid>): readonly ProcessMention[] {
    const mentions: ProcessMention[] = [];
    for (const pid of pids) {
      if (mentions.length === mentionsMax) break;
      mentions.push(this.#rows.mention(pid));
    }
    return mentions;
  }

  #history({ parent }: Cell, child: string | null): ProcessSheet["restarts"] {
    if (child === null) return [];
    const { host, crashes } = this.#node.kernel;
    const ids = new Map(crashes.reports.map((report) => [report.pid.key, report.id]));
    const epochMs = host.clock.wall() - host.clock.monotonic();
    return (this.#restarts.ofChild(parent, child)?.last ?? []).map(({ atMs, cause, pid }) => ({
      atMs: epochMs + atMs,
      cause,
      crash: ids.get(pid) ?? null,
      pid,
    }));
  }
}

function messagesOf({ mailbox }: Cell, values: boolean): ProcessSheet["messages"] {
  const count = Math.min(mailbox.length, messagesMax);
  return Array.from({ length: count }, (_, index) => {
    const message = mailbox.at(index);
    return { kind: messageKind(message), value: values ? show(message) : hidden };
  });
}

function* monitorsOf({ watches }: Cell): Generator<Pid, void, undefined> {
  for (let watch = watches; watch !== null; watch = watch.nextOwned) if (watch.target !== null) yield watch.target;
}

/** Of watchers elsewhere all that is here is their reference. */
function* watchersOf({ watchers }: Cell): Generator<Pid, void, undefined> {
  for (let watcher = watchers; watcher !== null; watcher = watcher.next) {
    const { owner, ref } = watcher as { readonly owner?: Cell; readonly ref?: { readonly owner: Pid } };
    if (owner !== undefined) yield owner.pid;
    else if (ref !== undefined) yield ref.owner;
  }
}

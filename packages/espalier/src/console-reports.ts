import type { Report } from "@espalier/runtime";
import { describeReport } from "./report.ts";

/** How many reports of a kind are shown in a window. */
const shownMax = 3;
const windowMs = 60_000;
/** So many kinds are told apart. */
const kindsMax = 256;

interface Window {
  readonly sinceMs: number;
  count: number;
}

/**
 * What a console is to show of reports. Crashes of one kind are shown three times a minute, and so is what a supervisor says of the end of a child; then they
 * are counted, and their number is told with the next. That a supervisor gives up is always shown.
 */
export class ConsoleReports {
  readonly #windows: Map<string, Window> = new Map();
  readonly #now: () => number;

  /** @param now the time in milliseconds, since whenever. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** A report as a console shows it: texts, and values that each platform shows in its own way. Null: it is only counted. */
  take(report: Report): readonly unknown[] | null {
    const kind = kindOf(report);
    if (kind === null) return describeReport(report);
    const note = this.#note(kind);
    if (note === null) return null;
    const [text, ...more] = describeReport(report);
    // A crash is several lines.
    const between = report.type === "crash" ? "\n  kind       " : "; ";
    return [note === "" ? text : `${String(text)}${between}${note}`, ...more];
  }

  /** Empty: there is nothing to say. Null: it is only counted. */
  #note(kind: string): string | null {
    const atMs = this.#now();
    const window = this.#windows.get(kind);
    if (window === undefined || atMs - window.sinceMs >= windowMs || atMs < window.sinceMs) {
      this.#windows.delete(kind);
      if (this.#windows.size === kindsMax) this.#windows.delete(this.#windows.keys().next().value as string);
      this.#windows.set(kind, { sinceMs: atMs, count: 1 });
      const hidden = (window?.count ?? 0) - shownMax;
      return hidden > 0 ? `${hidden} more of this kind were not shown before` : "";
    }
    window.count += 1;
    if (window.count > shownMax) return null;
    return window.count < shownMax ? "" : "more of this kind are only counted, for a minute";
  }
}

/** What is shown only so often a minute, and counted with what is of the same kind; null: it is shown however often it comes. */
function kindOf(report: Report): string | null {
  if (report.type === "crash") return report.crash.fingerprint;
  if (report.type !== "supervisor") return null;
  const { supervisor, report: decided } = report;
  // That it gives up, or rolls back, is the last that it says.
  const isMore =
    (decided.type === "child-ended" && decided.decision !== "give-up") ||
    (decided.type === "start-failed" && decided.decision !== "roll-back");
  return isMore ? `${supervisor.key} ${decided.type} ${decided.id}` : null;
}

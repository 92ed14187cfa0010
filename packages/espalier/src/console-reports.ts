import type { CrashReport, Report } from "@espalier/runtime";
import { describeReport } from "./report.ts";

/** How many crashes of a kind are shown in a window. */
const shownMax = 3;
const windowMs = 60_000;
/** So many kinds of crashes are told apart. */
const kindsMax = 64;

interface Window {
  readonly sinceMs: number;
  count: number;
}

/** What a console is to show of reports. Crashes of one kind are shown three times a minute; then they are counted, and their number is told with the next. */
export class ConsoleReports {
  readonly #windows: Map<string, Window> = new Map();

  /** A report as a console shows it: texts, and values that each platform shows in its own way. Null: it is only counted. */
  take(report: Report): readonly unknown[] | null {
    if (report.type !== "crash") return describeReport(report);
    const note = this.#note(report.crash);
    return note === null ? null : [...describeReport(report), ...note];
  }

  #note({ fingerprint, atMs }: CrashReport): readonly string[] | null {
    const window = this.#windows.get(fingerprint);
    if (window === undefined || atMs - window.sinceMs >= windowMs || atMs < window.sinceMs) {
      this.#windows.delete(fingerprint);
      if (this.#windows.size === kindsMax) this.#windows.delete(this.#windows.keys().next().value as string);
      this.#windows.set(fingerprint, { sinceMs: atMs, count: 1 });
      const hidden = (window?.count ?? 0) - shownMax;
      return hidden > 0 ? [`\n  before     ${hidden} more of this kind were not shown`] : [];
    }
    window.count += 1;
    if (window.count > shownMax) return null;
    return window.count < shownMax ? [] : ["\n  next       more of this kind are only counted, for a minute"];
  }
}

import { describeCause } from "@espalier/heartbeat";
import type { CrashReport } from "./crash-report.ts";
import { isOwnLine } from "./fingerprint.ts";

/** Lines of a stack that are shown. */
const stackMax = 16;

/**
 * A crash for the log, a few lines: why, the author's lines of the stack, what it was handling, who was above it, what waited, and a hint. What
 * its supervisor decides is not known yet when it is logged.
 */
export function describeCrash(crash: CrashReport): string {
  const { name, label, pid, cause, ancestors, mailbox, hint, id } = crash;
  const lines = [`${name ?? label} ${pid.toString()} crashed: ${describeCause(cause)}`, ...ownLines(crash)];
  const fact = (what: string, text: string): void => void lines.push(`  ${what.padEnd(10)} ${text}`);
  fact("crash", `${id}, after ${durationText(crash.livedMs)}${handlingText(crash)}`);
  if (ancestors.length > 0) {
    fact(
      "below",
      ancestors
        .map((ancestor) => ancestor.name ?? ancestor.label)
        .reverse()
        .join(" › "),
    );
  }
  if (mailbox.length > 0) fact("mailbox", waitingText(mailbox));
  if (hint !== null) fact("hint", hint);
  return lines.join("\n");
}

/** The author's lines; all of them when there is none. */
function ownLines({ cause }: CrashReport): readonly string[] {
  if (cause.type !== "error" || cause.error.stack === undefined) return [];
  const frames = cause.error.stack.split("\n").filter((line) => /^\s+at /.test(line));
  const own = frames.filter(isOwnLine);
  return (own.length > 0 ? own : frames).slice(0, stackMax);
}

function handlingText({ handling, recent }: CrashReport): string {
  if (handling === null) return "";
  const before = recent.slice(0, -1);
  return `, handling ${handling}${before.length === 0 ? "" : `; before that ${before.join(", ")}`}`;
}

/** What waits in a mailbox: how many messages, and the kinds of the first. */
export function waitingText({ length, first }: CrashReport["mailbox"]): string {
  return `${length} waiting: ${first.join(", ")}${length > first.length ? ", …" : ""}`;
}

/** A time that people need not count: `312 ms`, `41 s`, `3 h`. */
export function durationText(ms: number): string {
  if (ms < 10_000) return `${Math.round(ms)} ms`;
  if (ms < 600_000) return `${Math.round(ms / 1_000)} s`;
  return ms < 36_000_000 ? `${Math.round(ms / 60_000)} min` : `${Math.round(ms / 3_600_000)} h`;
}

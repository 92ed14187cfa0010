import { causeText, durationText, isOwnLine, waitingText, type CrashReport } from "@espalier/runtime";
import { causesOf } from "./causes.ts";
import { supervisorSummary } from "./supervisor-summary.ts";

/** The whole report as text: what the log has of it, and what is known besides. */
export function crashText(crash: CrashReport): string {
  const { id, name, label, pid, cause, ancestors, mailbox, recent, links, linkCount } = crash;
  const lines = [`crash ${id}: ${name ?? label} ${pid.toString()}`, `  ${causeText(cause)}`];
  if (cause.type === "error") {
    for (const line of (cause.error.stack ?? "").split("\n")) {
      if (/^\s+at /.test(line)) lines.push(`    ${line.trim()}${isOwnLine(line) ? "   ← your code" : ""}`);
    }
    for (const text of causesOf(cause.error)) lines.push(`  because of ${text}`);
  }
  const fact = (what: string, text: string | null): void => {
    if (text !== null) lines.push(`  ${what.padEnd(11)} ${text}`);
  };
  fact("lived", durationText(crash.livedMs));
  fact("handling", crash.handling);
  fact("took last", recent.length === 0 ? null : recent.join(", "));
  fact("mailbox", mailbox.length === 0 ? "empty" : waitingText(mailbox));
  fact("stashed", mailbox.stashed === 0 ? null : String(mailbox.stashed));
  for (const { name, label, pid, details } of ancestors) {
    const summary = supervisorSummary(details);
    const shape =
      summary === null
        ? ""
        : ` (${summary.strategy ?? "dynamic"}, ${summary.restarts} of ${summary.allowed} restarts in ${summary.withinSeconds} s)`;
    fact("below", `${name ?? label} ${pid.toString()}${shape}`);
  }
  fact(
    "links",
    linkCount === 0 ? null : `${linkCount}: ${links.map(String).join(", ")}${linkCount > links.length ? ", …" : ""}`,
  );
  fact("monitors", crash.monitorCount === 0 ? null : String(crash.monitorCount));
  fact("supervisor", crash.decision);
  fact("kind", crash.fingerprint);
  fact("hint", crash.hint);
  return lines.join("\n");
}

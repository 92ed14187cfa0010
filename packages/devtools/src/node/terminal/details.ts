import type { CrashSheet, ProcessMention, ProcessSheet } from "../../protocol/sheets.ts";
import { told, type BodyLine } from "./body.ts";
import { stateOf, titleOf } from "./process-columns.ts";
import { cleanLines } from "./text.ts";
import { count, duration, rate } from "./units.ts";
import { briefValue, valueLines } from "./value-lines.ts";

/** One process in full, as lines. The commands print the same. */
export function processLines(sheet: ProcessSheet): BodyLine[] {
  const { row, ancestors, supervisor, messages, restarts, events, blast } = sheet;
  const fact = (name: string, text: string): BodyLine[] =>
    text === "" ? [] : [told(["faint", name.padEnd(14)], text)];
  const section = (title: string, lines: readonly string[]): BodyLine[] =>
    lines.length === 0 ? [] : [told(""), told(["title", title]), ...lines.map((text) => told(`  ${text}`))];
  const business = [row.handling, row.waitingFor === null ? null : `waits for ${row.waitingFor}`]
    .filter((text) => text !== null)
    .join(", ");
  return [
    told(["title", titleOf(row)], ["faint", `  ${row.shortPid}  ${row.pid}`]),
    ...fact("under", ancestors.map(titleOf).join(" › ")),
    ...fact(
      "is",
      `${row.kind}${row.child === null ? "" : `, child ${row.child}`}${sheet.trapping ? ", traps exits" : ""}`,
    ),
    ...fact("does", `${stateOf(row)} for ${duration(row.doingMs)}${business === "" ? "" : `: ${business}`}`),
    ...fact("waits on", sheet.waitingOn === null ? "" : mention(sheet.waitingOn)),
    ...fact("place", sheet.place === "home" ? "" : `${sheet.place}${sheet.host === null ? "" : `, at ${sheet.host}`}`),
    ...fact(
      "mailbox",
      `${count(row.mailbox)}${sheet.stashed === 0 ? "" : `, ${count(sheet.stashed)} put aside`}, ${rate(row.receivedPerSecond)} messages/s, ${count(row.received)} in all`,
    ),
    ...fact("work", `${rate(row.reductionsPerSecond)} reductions/s, ${count(row.reductions)} in all`),
    ...fact(
      "supervises",
      supervisor === null
        ? ""
        : `${supervisor.strategy ?? "children"}, ${supervisor.phase}, ${supervisor.restarts} of ${supervisor.allowed} restarts in ${supervisor.withinSeconds}s`,
    ),
    ...fact("links", mentions(sheet.links, sheet.linkCount)),
    ...fact("monitors", mentions(sheet.monitors, sheet.monitors.length)),
    ...fact("monitored by", mentions(sheet.monitoredBy, sheet.monitoredBy.length)),
    ...fact(
      "takes along",
      blast.processes.length === 0
        ? ""
        : `${blast.processes.length}${blast.more ? " or more" : ""}: ${blast.processes.slice(0, 8).map(mention).join(", ")}`,
    ),
    ...section(
      "Waiting messages",
      messages.map(({ kind, value }) => (value.type === "hidden" ? kind : `${kind}  ${briefValue(value)}`)),
    ),
    ...section(
      "Timers",
      sheet.timers.map(({ what, remainingMs }) => `${what} in ${duration(remainingMs)}`),
    ),
    ...section("About itself", isEmpty(sheet) ? [] : valueLines(sheet.details)),
    ...section(
      "Restarts",
      restarts.map(({ cause, crash }) => `${cause}${crash === null ? "" : `  (crash ${crash})`}`),
    ),
    ...section(
      "Flight recorder",
      events.map(({ text }) => text),
    ),
  ];
}

function isEmpty({ details }: ProcessSheet): boolean {
  return details.type === "plain" || (details.type === "object" && details.entries.length === 0 && details.more === 0);
}

function mention({ shortPid, label }: ProcessMention): string {
  return label === null ? shortPid : `${label} (${shortPid})`;
}

function mentions(some: readonly ProcessMention[], all: number): string {
  const named = some.slice(0, 8).map(mention);
  return all > named.length ? `${named.join(", ")} and ${count(all - named.length)} more` : named.join(", ");
}

/** A crash report, as lines: the text that the log has. */
export function crashLines({ text, hint }: CrashSheet): BodyLine[] {
  const lines = cleanLines(text.trimEnd()).map((written) => told(written));
  return hint === null || text.includes(hint) ? lines : [...lines, told(""), told(["warning", hint])];
}

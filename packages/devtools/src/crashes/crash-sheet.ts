import { causeText, errorText, isOwnLine, type CrashReport, type Node, type Pid } from "@espalier/runtime";
import type { CrashGroup, CrashPage, CrashSheet, CrashSummary, ProcessMention } from "../protocol/sheets.ts";
import { shortPidOf } from "../words/short-pid.ts";
import { causesOf } from "./causes.ts";
import { crashText } from "./crash-text.ts";
import { supervisorSummary } from "./supervisor-summary.ts";

/** How many crashes a page lists. */
const listedMax = 100;

/** A crash in a list. */
export function crashSummary({
  id,
  atMs,
  label,
  name,
  pid,
  cause,
  fingerprint,
  handling,
  decision,
}: CrashReport): CrashSummary {
  return { id, atMs, label, name, pid: pid.key, cause: causeText(cause), fingerprint, handling, decision };
}

/** A crash, with all that is known of it. */
export function crashSheet(report: CrashReport, node: Node): CrashSheet {
  const { cause, livedMs, ancestors, recent, mailbox, links, linkCount, monitorCount, hint } = report;
  const error = cause.type === "error" ? { ...cause.error, message: errorText(cause) } : null;
  return {
    ...crashSummary(report),
    livedMs,
    error:
      error === null
        ? null
        : { name: error.name, message: error.message, stack: stackLines(error.stack), causes: causesOf(error) },
    ancestors: ancestors.map(({ pid, label, name, details }) => ({
      pid: pid.key,
      label,
      name,
      supervisor: supervisorSummary(details),
    })),
    recent,
    mailbox,
    links: links.map((pid) => mention(pid, node)),
    linkCount,
    monitorCount,
    hint,
    text: crashText(report),
  };
}

/** All crashes that are kept: by their fingerprint, and one by one. */
export function crashPage({
  reports,
  count,
}: {
  readonly reports: readonly CrashReport[];
  readonly count: number;
}): CrashPage {
  const groups = new Map<string, { count: number; first: CrashReport; last: CrashReport }>();
  for (const report of reports) {
    const group = groups.get(report.fingerprint);
    if (group === undefined) groups.set(report.fingerprint, { count: 1, first: report, last: report });
    else {
      group.count += 1;
      group.last = report;
    }
  }
  const newest = [...groups.values()].sort((one, other) => other.last.id - one.last.id);
  return {
    groups: newest.map(({ count, first, last }): CrashGroup => ({
      fingerprint: last.fingerprint,
      count,
      firstMs: first.atMs,
      lastMs: last.atMs,
      last: crashSummary(last),
    })),
    crashes: reports.slice(-listedMax).reverse().map(crashSummary),
    total: count,
  };
}

function mention(pid: Pid, node: Node): ProcessMention {
  const cell = node.kernel.find(pid);
  return { pid: pid.key, shortPid: shortPidOf(pid, node), label: cell?.name ?? cell?.label ?? null };
}

function stackLines(stack: string | undefined): readonly { readonly text: string; readonly own: boolean }[] {
  return (stack ?? "")
    .split("\n")
    .filter((line) => /^\s+at /.test(line))
    .map((line) => ({ text: line.trim(), own: isOwnLine(line) }));
}

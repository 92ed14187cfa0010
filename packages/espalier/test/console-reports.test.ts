import type { CrashReport, Report } from "@espalier/runtime";
import { NodeAddress, Pid } from "@espalier/runtime";
import { SupervisorLogReport } from "@espalier/supervisor";
import { expect, test } from "vitest";
import { ConsoleReports } from "../src/console-reports.ts";

const pid = new Pid(new NodeAddress("abcdefghij", "1"), 7);
const frames = ["    at check (/app/shop.ts:5:3)", "    at run (node:internal/timers:9:1)"].join("\n");

function report(atMs: number, fingerprint = "one", more: Partial<CrashReport> = {}): Report {
  const cause = {
    type: "error",
    error: { name: "RangeError", message: "low", stack: `RangeError: low\n${frames}` },
  } as const;
  const ancestors = ["till_sup", "shop"].map((label) => ({ pid, name: null, label, details: null }));
  const crash: CrashReport = {
    ...{ id: 12, atMs, livedMs: 312, pid, name: "till 1", label: "till", ancestors, cause, fingerprint },
    ...{ handling: "cast pay", recent: ["cast add", "cast pay"], links: [], linkCount: 0, monitorCount: 0 },
    mailbox: { length: 7, stashed: 0, first: ["cast add", "tick"] },
    ...{ decision: null, hint: "Look at it." },
    ...more,
  };
  return { type: "crash", pid, name: "till 1", label: "till", parent: pid, cause, crash };
}

test("a crash is a few lines, the author's first", () => {
  expect(new ConsoleReports(() => 0).take(report(0))).toEqual([
    [
      "till 1 Pid(abcdefgh.7) crashed: RangeError: low",
      "    at check (/app/shop.ts:5:3)",
      "  crash      12, after 312 ms, handling cast pay; before that cast add",
      "  below      shop › till_sup",
      "  mailbox    7 waiting: cast add, tick, …",
      "  hint       Look at it.",
    ].join("\n"),
  ]);
  const bare = { handling: null, recent: [], ancestors: [], hint: null, mailbox: { length: 0, stashed: 0, first: [] } };
  expect(new ConsoleReports(() => 0).take(report(0, "one", bare))?.[0]).toMatch(
    /shop\.ts:5:3\)\n {2}crash {6}12, after 312 ms$/,
  );
});

test("crashes of one kind are shown three times a minute, then counted, and the number is told", () => {
  let nowMs = 0;
  const reports = new ConsoleReports(() => nowMs);
  const shown = (atMs: number, fingerprint = "one"): string | null => {
    nowMs = atMs;
    const parts = reports.take(report(atMs, fingerprint));
    return parts === null ? null : (/\n {2}kind {7}(.*)$/.exec(String(parts[0]))?.[1] ?? "");
  };
  const counted = "more of this kind are only counted, for a minute";
  expect([0, 1, 2, 3, 4].map((atMs) => shown(atMs))).toEqual(["", "", counted, null, null]);
  expect(shown(5, "two")).toBe("");
  expect(shown(60_000)).toBe("2 more of this kind were not shown before");
  expect(shown(60_001)).toBe("");
  expect(shown(120_000)).toBe("");
});

test("what a supervisor says of a child's end is counted likewise, but not that it gives up (S361)", () => {
  let nowMs = 0;
  const reports = new ConsoleReports(() => nowMs);
  const ended = (id: string, decision: "restart" | "give-up" = "restart"): unknown => {
    const cause = { type: "killed" } as const;
    return reports.take(new SupervisorLogReport(pid, { type: "child-ended", id, pid, cause, decision }))?.[0] ?? null;
  };
  const line = 'child "till" Pid(abcdefgh.7) ended: killed; it is restarted';
  const counted = `${line}; more of this kind are only counted, for a minute`;
  expect([1, 2, 3, 4, 5].map(() => ended("till"))).toEqual([line, line, counted, null, null]);
  expect(ended("bank")).toMatch(/^child "bank"/);
  expect(ended("till", "give-up")).toMatch(/it is not restarted again$/);
  nowMs = 60_000;
  expect(ended("till")).toBe(`${line}; 2 more of this kind were not shown before`);
});

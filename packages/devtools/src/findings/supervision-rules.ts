import { causeText } from "@espalier/runtime";
import { shortPidOf } from "../words/short-pid.ts";
import type { Evidence, Look, Rule } from "./rule.ts";
import { thresholds } from "./thresholds.ts";
import { nameOf } from "./words.ts";

/** Supervisors whose last restart is looked at, the latest of them. */
const supervisorsMax = 100;

/** A supervisor that is about to give up. */
export const restartLoop: Rule = {
  name: "restart-loop",
  forMs: 0,
  keptMs: 5_000,
  *find(look: Look): Generator<Evidence, void, undefined> {
    const { kernel } = look.node;
    for (const { pid, lastMs, cause } of [...look.restarts.supervisors].slice(-supervisorsMax)) {
      const cell = kernel.find(pid);
      const details = cell === undefined ? null : kernel.detailsOf(cell, true);
      if (cell === undefined || details?.type !== "supervisor") continue;
      const { restarts, intensity } = details;
      if (look.nowMs - lastMs > intensity.withinSeconds * 1000) continue;
      if (restarts <= intensity.restarts * thresholds.restartLoop.share) continue;
      const why = cause === null ? "" : `; the last child ended with ${cause}`;
      yield {
        about: pid.key,
        severity: restarts >= intensity.restarts ? "critical" : "warning",
        text: `${nameOf(look, cell)} has had ${restarts} of the ${intensity.restarts} restarts that it may have in ${intensity.withinSeconds} s${why}.`,
        hint: "One restart too many ends it and all its children: look at the crash of the child that comes again and again.",
        pid: pid.key,
      };
    }
  },
};

/** A supervisor that has ended with all its children. */
export const gaveUp: Rule = {
  name: "gave-up",
  forMs: 0,
  keptMs: thresholds.gaveUp.shownMs,
  *find(look: Look): Generator<Evidence, void, undefined> {
    for (const { event, atMs } of look.events) {
      if (event.type !== "supervisor" || event.report.type !== "gave-up") continue;
      if (look.nowMs - atMs > thresholds.gaveUp.shownMs) continue;
      const { id, attempts, intensity } = event.report;
      const pid = event.supervisor;
      yield {
        about: pid.key,
        severity: "critical",
        text:
          `Supervisor ${shortPidOf(pid, look.node)} gave up: ${attempts} restarts were needed in ${intensity.withinSeconds} s, ` +
          `${intensity.restarts} are allowed; the last child was ${JSON.stringify(id)}.`,
        hint: "It ended with all its children, and its own supervisor decides what comes of that: look at the child's crashes.",
        pid: pid.key,
      };
    }
  },
};

/** The same crash again and again. */
export const flapping: Rule = {
  name: "flapping",
  forMs: 0,
  keptMs: 10_000,
  *find(look: Look): Generator<Evidence, void, undefined> {
    const { crashes, host } = look.node.kernel;
    const { crashes: enough, withinMs } = thresholds.flapping;
    const sinceMs = host.clock.wall() - withinMs;
    const counts = new Map<string, number>();
    const { reports } = crashes;
    for (let index = reports.length - 1; index >= 0; index -= 1) {
      const report = reports[index];
      if (report === undefined || report.atMs < sinceMs) break;
      counts.set(report.fingerprint, (counts.get(report.fingerprint) ?? 0) + 1);
    }
    for (const [fingerprint, count] of counts) {
      if (count < enough) continue;
      const last = reports.findLast((report) => report.fingerprint === fingerprint);
      if (last === undefined) continue;
      yield {
        about: fingerprint,
        severity: "warning",
        text: `${last.name ?? last.label} and its like crashed ${count} times within a minute in the same way: ${causeText(last.cause)}.`,
        hint: "Restarting does not help against it: look at the crash, and at the message that was handled.",
        crash: last.id,
      };
    }
  },
};

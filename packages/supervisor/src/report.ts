import { describeCause, isClean } from "@espalier/heartbeat";
import type { SupervisorReport } from "./state.ts";

/** Whether there is nothing to look at: children that start, end cleanly or end as they were told. */
export function isOrderly<Pid>(report: SupervisorReport<Pid>): boolean {
  switch (report.type) {
    case "child-started":
    case "child-stopping":
    case "restarting":
    case "backing-off":
    case "auto-shutdown":
      return true;
    case "child-ended":
      return isClean(report.cause) && (report.decision === "keep" || report.decision === "remove");
    case "start-failed":
    case "shutdown-error":
    case "gave-up":
      return false;
  }
}

/**
 * One line for the log, or null when there is nothing to look at: see {@link isOrderly}.
 *
 * ```ts
 * import { describeReport } from "@espalier/supervisor";
 *
 * const cause = { type: "killed" } as const;
 * describeReport({ type: "child-ended", id: "db", pid: "Pid(7)", cause, decision: "restart" });
 * // => 'child "db" Pid(7) ended: killed; it is restarted'
 * ```
 */
export function describeReport<Pid>(report: SupervisorReport<Pid>): string | null {
  if (isOrderly(report)) return null;
  switch (report.type) {
    case "child-ended": {
      const { id, pid, cause, decision } = report;
      const child = `child "${id}" ${String(pid)} ended: ${describeCause(cause)}`;
      if (decision === "restart") return `${child}; it is restarted`;
      return decision === "give-up" ? `${child}; it is not restarted again` : child;
    }
    case "start-failed": {
      const { id, cause, decision } = report;
      const child = `child "${id}" did not start: ${describeCause(cause)}`;
      if (decision === "retry") return `${child}; the next attempt follows`;
      return decision === "roll-back" ? `${child}; the supervisor stops` : child;
    }
    case "shutdown-error":
      return `child "${report.id}" ${String(report.pid)} did not end as told: ${describeCause(report.cause)}`;
    case "gave-up": {
      const { restarts, withinSeconds } = report.intensity;
      return `giving up: ${report.attempts} restarts needed, ${restarts} allowed in ${withinSeconds} s (child "${report.id}")`;
    }
    case "child-started":
    case "child-stopping":
    case "restarting":
    case "backing-off":
    case "auto-shutdown":
      return null;
  }
}

import { describeCause, isClean } from "@espalier/heartbeat";
import type { SupervisorReport } from "./state.ts";

/**
 * One line for the log, or null when all is in order: children that start, end cleanly or end as they were told are no news.
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
  switch (report.type) {
    case "child-started":
    case "auto-shutdown":
      return null;
    case "child-ended": {
      const { id, pid, cause, decision } = report;
      const child = `child "${id}" ${String(pid)} ended: ${describeCause(cause)}`;
      if (decision === "restart") return `${child}; it is restarted`;
      if (decision === "give-up") return `${child}; it is not restarted again`;
      return isClean(cause) ? null : child;
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
  }
}

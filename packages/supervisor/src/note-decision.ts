import { describeCause } from "@espalier/heartbeat";
import type { CrashLog, Pid } from "@espalier/runtime";
import type { SupervisorReport } from "./state.ts";

/**
 * Adds what a supervisor decides about the crash of a child to the report of that. The children of a dynamic supervisor share an id: when several
 * wait to be started again at the same time, what becomes of that is noted for the one that crashed last.
 */
export function noteDecision(crashes: CrashLog, supervisor: Pid, report: SupervisorReport<Pid>): void {
  if (crashes.count === 0) return;
  const child = `${supervisor.key} ${report.id}`;
  switch (report.type) {
    case "child-ended":
      return crashes.decided(report.pid, child, decisionWords[report.decision]);
    case "restarting": {
      const { restarts, withinSeconds } = report.intensity;
      return crashes.further(child, `restarted, ${report.attempts} of ${restarts} in ${withinSeconds} s`);
    }
    case "backing-off":
      return crashes.further(child, `restarted after ${Math.round(report.delayMs)} ms`);
    case "start-failed": {
      const next = report.decision === "retry" ? "; the next attempt follows" : "";
      return crashes.further(child, `the restart failed: ${describeCause(report.cause)}${next}`);
    }
    case "gave-up": {
      const { restarts, withinSeconds } = report.intensity;
      const allowed = `${restarts} allowed in ${withinSeconds} s`;
      return crashes.further(child, `gave up: ${report.attempts} restarts needed, ${allowed}`);
    }
    case "auto-shutdown":
      return crashes.further(child, "not restarted: it was significant, and its supervisor ends");
    case "child-started":
    case "child-stopping":
    case "shutdown-error":
      return;
  }
}

const decisionWords = {
  restart: "restarted",
  "give-up": "gave up",
  keep: "not restarted: it ended as it may",
  remove: "not restarted: temporary",
} as const;

import { describeCause } from "@espalier/heartbeat";
import { describeCrash, type Report } from "@espalier/runtime";

/** A report as a console shows it: texts, and values that each platform shows in its own way. */
export function describeReport(report: Report): readonly unknown[] {
  switch (report.type) {
    case "crash":
      return [describeCrash(report.crash)];
    case "cleanup-failed":
      return [
        `${report.label} ${report.pid.toString()}: a finally block threw while it ended: ${describeCause(report.cause)}`,
      ];
    case "unexpected-message":
      return [`${report.label} ${report.pid.toString()}: nobody handles a message that it got; it was dropped`];
    case "trace":
      return [`${report.label} ${report.pid.toString()}:`, report.event];
    case "dead-letters":
      return [
        `${report.count} messages that nobody will see; the last was for ${report.to.toString()}: ${report.reason}`,
      ];
    case "checkpoint.unusable":
      return [
        `${report.file}: no computation can be resumed from it: ${report.reason}; ${report.keptAs === null ? "it is where it was" : `kept as ${report.keptAs}`}`,
      ];
    case "checkpoint.failed":
      return [`${report.file}: could not ${report.what} the checkpoint of ${report.label}: ${report.reason}`];
    case "supervisor":
    case "application":
      return [report.line];
    case "statechart.log":
      return [`${report.label} ${report.pid.toString()}:`, ...report.parameters];
  }
}

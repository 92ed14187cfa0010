import type { LocalGenerator } from "@espalier/heartbeat";
import { Process, type Pid } from "@espalier/runtime";
import { describeReport } from "./report.ts";
import type { SupervisorReport } from "./state.ts";

/** What a supervisor did about its children, in the node's stream of introspection. */
export interface SupervisorNodeEvent {
  readonly type: "supervisor";
  readonly supervisor: Pid;
  readonly report: SupervisorReport<Pid>;
}

/** The same for the log, with the sentence to write; only what is not in good order. */
export interface SupervisorLogReport extends SupervisorNodeEvent {
  readonly line: string;
}

declare module "@espalier/runtime" {
  interface NodeExtraEvents {
    readonly supervisor: SupervisorNodeEvent;
  }
  interface ExtraReports {
    readonly supervisor: SupervisorLogReport;
  }
}

/** Tells whoever watches the node, and the log if somebody should look. */
export function* publish(supervisor: Pid, report: SupervisorReport<Pid>): LocalGenerator<void> {
  const event: SupervisorNodeEvent = { type: "supervisor", supervisor, report };
  yield* Process.emit(event);
  const line = describeReport(report);
  if (line !== null) yield* Process.report({ ...event, line });
}

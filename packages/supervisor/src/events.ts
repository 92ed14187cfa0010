import type { LocalGenerator } from "@espalier/heartbeat";
import { InKernel, Process, type Pid } from "@espalier/runtime";
import { noteDecision } from "./note-decision.ts";
import { describeReport, isOrderly } from "./report.ts";
import type { SupervisorReport } from "./state.ts";

/** What a supervisor did about its children, in the node's stream of introspection. */
export interface SupervisorNodeEvent {
  readonly type: "supervisor";
  readonly supervisor: Pid;
  readonly report: SupervisorReport<Pid>;
}

/** The same for the log; only what is not in good order. */
export class SupervisorLogReport implements SupervisorNodeEvent {
  readonly type = "supervisor";
  readonly supervisor: Pid;
  readonly report: SupervisorReport<Pid>;

  constructor(supervisor: Pid, report: SupervisorReport<Pid>) {
    this.supervisor = supervisor;
    this.report = report;
  }

  /** The sentence to write. Made when it is asked for: restarts must be cheap where nobody reads about them. */
  get line(): string {
    return describeReport(this.report) ?? this.report.type;
  }
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
  const event = { type: "supervisor", supervisor, report } as const;
  yield* Process.emit(event);
  yield* new InKernel((kernel) => {
    if (report.type !== "child-started" || !report.added) kernel.recorder.add(event);
    noteDecision(kernel.crashes, supervisor, report);
  });
  if (!isOrderly(report)) yield* Process.report(new SupervisorLogReport(supervisor, report));
}

import { describeCause, type Cause, type LocalGenerator } from "@espalier/heartbeat";
import { InKernel, Process } from "@espalier/runtime";
import type { ApplicationType } from "./application-definition.ts";

/** What became of an application of a node. */
export type ApplicationChange =
  | { readonly type: "started" }
  /** It was stopped as somebody asked. */
  | { readonly type: "stopped" }
  /** It ended by itself; `stopsNode` says what that means (R-1204). */
  | { readonly type: "ended"; readonly cause: Cause; readonly stopsNode: boolean }
  | { readonly type: "callback-failed"; readonly callback: "prepStop" | "stop"; readonly cause: Cause };

/** The same in the node's stream of events. */
export interface ApplicationNodeEvent {
  readonly type: "application";
  readonly application: string;
  readonly as: ApplicationType;
  readonly change: ApplicationChange;
}

/** The same for the log: what has ended by itself, and what went wrong. */
export interface ApplicationLogReport extends ApplicationNodeEvent {
  /** The sentence to write. */
  readonly line: string;
}

declare module "@espalier/runtime" {
  interface NodeExtraEvents {
    readonly application: ApplicationNodeEvent;
  }
  interface ExtraReports {
    readonly application: ApplicationLogReport;
  }
}

/** Tells whoever watches the node, and the log if somebody should look. */
export function* publishApplication(
  application: string,
  as: ApplicationType,
  change: ApplicationChange,
): LocalGenerator<void> {
  const event = { type: "application", application, as, change } as const;
  yield* new InKernel((kernel) => kernel.note(event));
  const line = lineOf(event);
  if (line !== null) yield* Process.report({ ...event, line });
}

function lineOf({ application, as, change }: ApplicationNodeEvent): string | null {
  switch (change.type) {
    case "started":
    case "stopped":
      return null;
    case "ended": {
      const { cause, stopsNode } = change;
      return `${as} application ${application} ended: ${describeCause(cause)}${stopsNode ? "; the node stops" : ""}`;
    }
    case "callback-failed":
      return `application ${application}: ${change.callback} failed: ${describeCause(change.cause)}; it is stopped all the same`;
  }
}

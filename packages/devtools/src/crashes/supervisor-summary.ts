import type { ProcessDetails } from "@espalier/runtime";
import type { SupervisorView } from "@espalier/supervisor";
import type { SupervisorSummary } from "../protocol/sheets.ts";

/** What a supervisor says of itself, briefly; null: it is none. */
export function supervisorSummary(details: ProcessDetails): SupervisorSummary | null {
  if (details?.type !== "supervisor") return null;
  const { strategy, phase, restarts, intensity }: SupervisorView = details;
  return { strategy, phase, restarts, allowed: intensity.restarts, withinSeconds: intensity.withinSeconds };
}

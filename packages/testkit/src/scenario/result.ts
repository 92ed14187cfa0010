import type { Fault } from "../fault/fault.ts";
import type { History } from "../history/history.ts";
import type { WorldKind } from "./place.ts";
import type { RunRecord } from "../record/run-record.ts";
import type { Plan } from "./plan.ts";

/** What became of a fault. */
export interface FaultOutcome {
  readonly fault: Fault;
  /** Whether the run came that far. */
  readonly applied: boolean;
  /** What it changed: frames held back, pipes cut, events that waited. 0: it tested nothing. */
  readonly effective: number;
}

/** Why a run failed. */
export interface Failure {
  /** The property that did not hold, or what else went wrong. */
  readonly property: string;
  readonly what: string;
  readonly atMs: number;
  readonly cause?: unknown;
  /** The last things that happened, oldest first. */
  readonly story: readonly string[];
  /** All of that for people, with the seed and the faults. */
  readonly text: string;
}

/** What came of a run. */
export interface RunResult {
  readonly ok: boolean;
  readonly scenario: string;
  readonly world: WorldKind;
  /** What was run. Of a simulated one the schedule is the list of what it deviated in, so that it replays to the byte. */
  readonly plan: Plan;
  /** Equal for equal simulated runs. */
  readonly traceHash: string;
  /** Time of the world, from its beginning to the end of the run. */
  readonly virtualMs: number;
  /** How much happened. */
  readonly events: number;
  /** Each fault of the plan, and what it did. */
  readonly faults: readonly FaultOutcome[];
  readonly marks: ReadonlyMap<string, number>;
  readonly history: History;
  readonly failure?: Failure;
  /** Everything that there is to see of it; only of runs that were recorded. */
  readonly record?: RunRecord;
}

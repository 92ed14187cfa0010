import type { Pid } from "@espalier/runtime";
import type { ChildState } from "./child.machine.ts";
import type { DynamicChildren } from "./dynamic-children.ts";
import type { Intensity } from "./intensity.ts";
import type { Restart } from "./restart.ts";
import type { ChildSpec } from "./spec.ts";
import type { SupervisorState } from "./state.ts";
import type { Strategy } from "./strategy.ts";
import type { SupervisorPhase } from "./supervisor.machine.ts";

/** A supervisor as `node.inspect()` shows it: in `details` of its process. */
export interface SupervisorView {
  readonly type: "supervisor";
  readonly kind: "static" | "dynamic";
  /** Null: the children of a dynamic supervisor have no order, and each is on its own. */
  readonly strategy: Strategy | null;
  /** What it is doing. In `running` it has no work in hand. */
  readonly phase: SupervisorPhase;
  readonly intensity: Intensity;
  /** How many restarts in its window it counted when it last restarted something. */
  readonly restarts: number;
  readonly childCount: number;
  /** In start order; of a dynamic supervisor the oldest first. Empty when it was asked to be brief. */
  readonly children: readonly ChildView[];
}

/** A child as its supervisor sees it. */
export interface ChildView {
  /** Null for the children of a dynamic supervisor. */
  readonly id: string | null;
  readonly type: ChildSpec["type"];
  readonly restart: Restart;
  readonly significant: boolean;
  readonly state: ChildState;
  /** Not null exactly in the states `running` and `stopping`. */
  readonly pid: Pid | null;
}

declare module "@espalier/runtime" {
  interface ProcessDetailTypes {
    readonly supervisor: SupervisorView;
  }
}

export function viewStatic(
  { flags, phase, children, attempts }: SupervisorState<Pid>,
  brief: boolean = false,
): SupervisorView {
  const { strategy, intensity } = flags;
  return {
    type: "supervisor",
    kind: "static",
    strategy,
    phase,
    intensity,
    restarts: attempts.reduce((sum, { count }) => sum + count, 0),
    childCount: children.length,
    children: (brief ? [] : children).map(({ spec: { id, type, restart, significant }, state, pid }) => ({
      id,
      type,
      restart,
      significant,
      state,
      pid,
    })),
  };
}

export function viewDynamic(
  children: DynamicChildren<Pid>,
  intensity: Intensity,
  brief: boolean = false,
): SupervisorView {
  return {
    type: "supervisor",
    kind: "dynamic",
    strategy: null,
    phase: children.phase,
    intensity,
    restarts: children.restarts,
    childCount: children.count,
    children: Array.from(brief ? [] : children, ({ child, spec: { type, restart } }) => ({
      id: null,
      type,
      restart,
      significant: false,
      state: child === "restarting" ? "restarting" : "running",
      pid: child === "restarting" ? null : child,
    })),
  };
}

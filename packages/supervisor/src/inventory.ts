import { Pid } from "@espalier/runtime";
import type { ChildSpec } from "./spec.ts";
import type { Child, SupervisorState } from "./state.ts";

/** One line of {@link whichChildren}. */
export interface ChildInfo<Pid> {
  /** Null for the children of a dynamic supervisor (R-1004). */
  readonly id: string | null;
  /** The process; `"restarting"` while it waits for the next attempt; null when there is none. */
  readonly child: Pid | "restarting" | null;
  readonly type: "worker" | "supervisor";
}

/** The children by kind, as OTP's `count_children`. */
export interface ChildCounts {
  /** All of them, with a process or without. */
  readonly specs: number;
  /** Those that have a process. */
  readonly active: number;
  /** Specifications of that type, whether they run or not. */
  readonly supervisors: number;
  readonly workers: number;
}

/** All children, the newest first. */
export function whichChildren<Pid>({ children }: SupervisorState<Pid>): readonly ChildInfo<Pid>[] {
  return children.map(infoOf).reverse();
}

/** One of them; null when there is none with this id. */
export function whichChild<Pid>({ children }: SupervisorState<Pid>, id: string): ChildInfo<Pid> | null {
  const child = children.find(({ spec }) => spec.id === id);
  return child === undefined ? null : infoOf(child);
}

function infoOf<Pid>({ spec, state, pid }: Child<Pid>): ChildInfo<Pid> {
  return { id: spec.id, child: state === "restarting" ? "restarting" : pid, type: spec.type };
}

export function countChildren<Pid>({ children }: SupervisorState<Pid>): ChildCounts {
  const supervisors = children.filter(({ spec }) => spec.type === "supervisor").length;
  return {
    specs: children.length,
    active: children.filter(({ pid }) => pid !== null).length,
    supervisors,
    workers: children.length - supervisors,
  };
}

/** The specification of a child, found by its id or by its process, with the defaults filled in; null when there is none. */
export function childSpecOf<Pid>({ children }: SupervisorState<Pid>, child: string | Pid): ChildSpec | null {
  return children.find(({ spec, pid }) => spec.id === child || (pid !== null && samePid(pid, child)))?.spec ?? null;
}

/** Pids are equal when they name the same process; one that has come from elsewhere is another object. */
function samePid(pid: unknown, other: unknown): boolean {
  return pid === other || (pid instanceof Pid && other instanceof Pid && pid.equals(other));
}

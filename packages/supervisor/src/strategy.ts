import type { Restart } from "./restart.ts";

/**
 * Which children are restarted when one of them crashed: itself alone, all, or itself and those that were
 * started after it.
 */
export type Strategy = "one-for-one" | "one-for-all" | "rest-for-one";

/** What a strategy needs to know of a child. */
export interface Member {
  readonly id: string;
  readonly restart: Restart;
  /** Whether there is a process to stop. */
  readonly running: boolean;
}

/** A restart, as ids in the order of the work: first every stop, then every start. */
export interface RestartPlan {
  /** Those that still run, the last started first. */
  readonly stop: readonly string[];
  /**
   * In start order. Members that had no process before are started with the others; temporary ones are not, and their
   * specifications go when they are stopped.
   */
  readonly start: readonly string[];
}

/**
 * The plan for restarting `failed`, whose own process has ended.
 *
 * @param children all children in start order.
 */
export function planRestart(strategy: Strategy, children: readonly Member[], failed: string): RestartPlan {
  const group = groupOf(strategy, children, failed);
  const stop: string[] = [];
  const start: string[] = [];
  for (const { id, restart, running } of group) {
    if (running) stop.push(id);
    if (restart !== "temporary") start.push(id);
  }
  return { stop: stop.reverse(), start };
}

function groupOf(strategy: Strategy, children: readonly Member[], failed: string): readonly Member[] {
  switch (strategy) {
    case "one-for-one":
      return children.filter((child) => child.id === failed);
    case "one-for-all":
      return children;
    case "rest-for-one":
      return children.slice(children.findIndex((child) => child.id === failed));
  }
}

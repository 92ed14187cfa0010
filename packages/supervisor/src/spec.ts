import type { NodeRef } from "@espalier/runtime";
import type { Restart } from "./restart.ts";
import type { Shutdown } from "./shutdown.ts";

/**
 * One child of a supervisor, as data with every default filled in. Made by {@link worker}, {@link supervisor} and
 * {@link dynamic}, which check it.
 */
export interface ChildSpec {
  /** Names the child among its siblings. */
  readonly id: string;
  readonly type: "worker" | "supervisor";
  /** What runs: see {@link Startable}. */
  readonly what: unknown;
  /** The arguments of every start, the first one and each restart. */
  readonly args: readonly unknown[];
  readonly restart: Restart;
  /** In milliseconds where it is a number. */
  readonly shutdown: Shutdown;
  readonly significant: boolean;
  readonly on: NodeRef | null;
}

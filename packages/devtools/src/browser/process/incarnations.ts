import type { ProcessSheet } from "../../protocol/sheets.ts";

/** One life of a child, that has ended. */
export interface Incarnation {
  readonly pid: string;
  /** When it ended. */
  readonly atMs: number;
  /** From the end of the one before; null: that is not known. */
  readonly livedMs: number | null;
  readonly cause: string;
  readonly crash: number | null;
}

/** The lives of a child, the newest first, from its restarts, the newest first. */
export function incarnations(restarts: ProcessSheet["restarts"]): readonly Incarnation[] {
  return restarts.map(({ atMs, cause, crash, pid }, index) => {
    const before = restarts[index + 1];
    return { pid, atMs, cause, crash, livedMs: before === undefined ? null : Math.max(0, atMs - before.atMs) };
  });
}

import type { ProcessRow } from "../../protocol/sheets.ts";

/** What is known of a process that has ended, to find the one that was started in its place. */
export interface Ended {
  readonly pid: string;
  readonly name: string | null;
  readonly child: string | null;
  readonly parent: string | null;
}

/**
 * Among processes the one that was started in place of another: the same child of the same supervisor, or else whoever has its name now. Null:
 * none has been yet.
 */
export function successorIn(rows: readonly ProcessRow[], ended: Ended): ProcessRow | null {
  const others = rows.filter(({ pid, doing }) => pid !== ended.pid && doing !== "ended");
  const child =
    ended.child === null || ended.parent === null
      ? undefined
      : others.find(({ child, parent }) => child === ended.child && parent === ended.parent);
  return child ?? (ended.name === null ? null : (others.find(({ name }) => name === ended.name) ?? null));
}

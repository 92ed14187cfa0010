import type { NodeSheet } from "../../protocol/sheets.ts";

/** So many at most, and so long together: each question about the tree names them all, and a question has a bound. */
export const openAtMost = 500;
const charactersAtMost = 40_000;

/** With one branch opened or closed. The branch that was opened first closes when there are too many. */
export function toggled(open: readonly string[], key: string): readonly string[] {
  if (open.includes(key)) return open.filter((other) => other !== key);
  return bounded([...open, key]);
}

type Life = Pick<NodeSheet, "id" | "incarnation">;

/**
 * A row's key without which life of the node it is of: a program that is started again and begins in the same way has its branches open as they
 * were, also when its node has another id then.
 */
export function lasting(key: string, { id, incarnation }: Life): string {
  const prefix = `${id}/${incarnation}/`;
  return key.startsWith(prefix) ? `/${key.slice(prefix.length)}` : key;
}

/** The key that it is in this life of the node. */
export function current(key: string, { id, incarnation }: Life): string {
  return key.startsWith("/") ? `${id}/${incarnation}${key}` : key;
}

/** What was kept as text, if it is what it should be. */
export function parseOpen(text: string | null): readonly string[] | null {
  if (text === null) return null;
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) ? bounded(list.filter((key) => typeof key === "string")) : null;
  } catch {
    return null;
  }
}

function bounded(open: readonly string[]): readonly string[] {
  let characters = 0;
  const newest = open.slice(-openAtMost).toReversed();
  const fitting = newest.filter((key) => (characters += key.length) <= charactersAtMost);
  return fitting.reverse();
}

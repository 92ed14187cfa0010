/** So many at most: each question about the tree names them all. */
export const openAtMost = 500;

/** With one branch opened or closed. The branch that was opened first closes when there are too many. */
export function toggled(open: readonly string[], key: string): readonly string[] {
  if (open.includes(key)) return open.filter((other) => other !== key);
  return [...open, key].slice(-openAtMost);
}

/** What was kept as text, if it is what it should be. */
export function parseOpen(text: string | null): readonly string[] | null {
  if (text === null) return null;
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) ? list.filter((key) => typeof key === "string").slice(-openAtMost) : null;
  } catch {
    return null;
  }
}

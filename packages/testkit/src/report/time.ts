/** A time or a duration for people: whole milliseconds where they are. */
export function describeTime(ms: number): string {
  return `${Number.isInteger(ms) ? ms : ms.toFixed(3)} ms`;
}

/** Time of this machine, in milliseconds since some beginning. What is simulated has its own; this one says how long whoever waits has waited. */
export function elapsedMs(): number {
  return performance.now();
}

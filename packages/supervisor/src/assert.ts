/** States what our own code guarantees. A failure is a bug of this package, and is never caught. */
export function assert(condition: boolean, why: string): asserts condition {
  if (!condition) throw new Error(`supervisor: broken invariant: ${why}`);
}

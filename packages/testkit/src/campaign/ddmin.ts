/**
 * The smallest part of a list that passes the test, as far as leaving out parts finds it (Zeller and Hildebrandt, TSE 2002): in the end no
 * single entry can be left out. What is kept keeps its order. The whole list is taken to pass.
 *
 * @param test whether this part of the list will do. It is not called for the same part twice in a row, and not any more once it says `null`: the budget is spent.
 */
export async function ddmin<T>(
  list: readonly T[],
  test: (part: readonly T[]) => Promise<boolean | null>,
): Promise<readonly T[]> {
  if (list.length === 0) return list;
  const none = await test([]);
  if (none !== false) return none === null ? list : [];
  let kept = list;
  let parts = 2;
  while (kept.length > 1) {
    const size = Math.ceil(kept.length / Math.min(parts, kept.length));
    let smaller: readonly T[] | null = null;
    // A part alone is tried first: where one is enough, that halves the list at once.
    const chunks = Array.from({ length: Math.ceil(kept.length / size) }, (_, index): readonly [number, number] => [
      index * size,
      (index + 1) * size,
    ]);
    const alone = chunks.length > 1 ? chunks.map(([from, to]) => kept.slice(from, to)) : [];
    const without = chunks.length > 2 ? chunks.map(([from, to]) => [...kept.slice(0, from), ...kept.slice(to)]) : [];
    for (const candidate of [...alone, ...without]) {
      const passes = await test(candidate);
      if (passes === null) return kept;
      if (passes) {
        smaller = candidate;
        break;
      }
    }
    if (smaller !== null) {
      parts = smaller.length < size + 1 ? 2 : Math.max(parts - 1, 2);
      kept = smaller;
    } else if (size === 1) {
      break;
    } else {
      parts *= 2;
    }
  }
  return kept;
}

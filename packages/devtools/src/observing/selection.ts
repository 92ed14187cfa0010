/** Whether the one at `a` comes before the one at `b`. It is a total order: of two that are not the same, one comes first. */
export type Before = (a: number, b: number) => boolean;

/** From here on a partition is cheaper than a heap. */
const heapMax = 1024;

/**
 * The first `count` after `skipped` of the numbers in `items`, in order; `items` is free to be disordered. It takes time linear in how many there
 * are, whatever is skipped.
 */
export function select(items: Int32Array, before: Before, skipped: number, count: number): number[] {
  const end = Math.min(items.length, skipped + count);
  if (skipped >= end) return [];
  if (end <= heapMax) {
    const top = new Top(end, before);
    for (const item of items) top.offer(item);
    return top.list().slice(skipped);
  }
  if (skipped > 0) partition(items, before, 0, items.length - 1, skipped);
  if (end < items.length) partition(items, before, skipped, items.length - 1, end);
  return Array.from(items.subarray(skipped, end)).toSorted((a, b) => (before(a, b) ? -1 : 1));
}

/** The first few of many, in one pass: a heap with the last of them on top. */
export class Top {
  readonly #max: number;
  readonly #before: Before;
  readonly #heap: Int32Array;
  #length = 0;

  constructor(max: number, before: Before) {
    this.#max = max;
    this.#before = before;
    this.#heap = new Int32Array(max);
  }

  offer(item: number): void {
    const heap = this.#heap;
    const before = this.#before;
    if (this.#length < this.#max) {
      let index = this.#length;
      this.#length += 1;
      while (index > 0) {
        const parent = (index - 1) >> 1;
        const above = heap[parent] as number;
        if (!before(above, item)) break;
        heap[index] = above;
        index = parent;
      }
      heap[index] = item;
      return;
    }
    if (this.#max === 0 || !before(item, heap[0] as number)) return;
    const length = this.#length;
    let index = 0;
    for (;;) {
      let child = index * 2 + 1;
      if (child >= length) break;
      if (child + 1 < length && before(heap[child] as number, heap[child + 1] as number)) child += 1;
      const below = heap[child] as number;
      if (!before(item, below)) break;
      heap[index] = below;
      index = child;
    }
    heap[index] = item;
  }

  /** What it has, in order. */
  list(): number[] {
    const before = this.#before;
    return Array.from(this.#heap.subarray(0, this.#length)).toSorted((a, b) => (before(a, b) ? -1 : 1));
  }
}

/** Moves the first `count` of `items`, counted from the beginning, to the front of `from` to `to`: Hoare's selection. */
function partition(items: Int32Array, before: Before, from: number, to: number, count: number): void {
  let low = from;
  let high = to;
  while (low < high) {
    const pivot = middle(items, before, low, high);
    let left = low;
    let right = high;
    while (left <= right) {
      while (before(items[left] as number, pivot)) left += 1;
      while (before(pivot, items[right] as number)) right -= 1;
      if (left > right) break;
      const item = items[left] as number;
      items[left] = items[right] as number;
      items[right] = item;
      left += 1;
      right -= 1;
    }
    if (count <= right) high = right;
    else if (count >= left) low = left;
    else return;
  }
}

/** Of the first, the middle and the last the one in between: sorted items are not the worst case then. */
function middle(items: Int32Array, before: Before, low: number, high: number): number {
  const a = items[low] as number;
  const b = items[(low + high) >> 1] as number;
  const c = items[high] as number;
  if (before(a, b)) return before(b, c) ? b : before(a, c) ? c : a;
  return before(a, c) ? a : before(b, c) ? c : b;
}

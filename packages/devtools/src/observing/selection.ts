/** From here on a partition is cheaper than a heap. */
const heapMax = 1024;

/**
 * Positions in the ascending order of their keys, a window at a time; of two that are equal the first is first. What one window has found out about
 * the order is there for the next.
 */
export class Selection {
  readonly #keys: Float64Array;
  /** All positions, those between two of the bounds in any order; null until a window is far down. */
  #positions: Int32Array | null = null;
  /** Ascending: what is before such an index goes before what is behind it. */
  readonly #bounds: number[] = [0];

  constructor(keys: Float64Array) {
    this.#keys = keys;
    this.#bounds.push(keys.length);
  }

  /** The first `count` after `skipped`. */
  page(skipped: number, count: number): number[] {
    const keys = this.#keys;
    const end = Math.min(keys.length, skipped + count);
    if (skipped >= end) return [];
    if (end <= heapMax) return first(keys, end).slice(skipped);
    this.#positions ??= upTo(keys.length);
    this.#bound(skipped);
    this.#bound(end);
    return Array.from(this.#positions.subarray(skipped, end)).toSorted((a, b) => (before(keys, a, b) ? -1 : 1));
  }

  #bound(index: number): void {
    const bounds = this.#bounds;
    const next = bounds.findIndex((bound) => bound >= index);
    if (bounds[next] === index) return;
    const from = bounds[next - 1] as number;
    const to = bounds[next] as number;
    partition(this.#positions as Int32Array, this.#keys, from, to - 1, index);
    bounds.splice(next, 0, index);
  }
}

function first(keys: Float64Array, count: number): number[] {
  const top = new Top(count);
  for (let position = 0; position < keys.length; position += 1) {
    const value = -(keys[position] as number);
    if (value > top.least) top.offer(position, value);
  }
  return top.list();
}

function upTo(length: number): Int32Array {
  const positions = new Int32Array(length);
  for (let position = 0; position < length; position += 1) positions[position] = position;
  return positions;
}

/** Those with the greatest values of many, in one pass; of two that are equal the one that was offered first. */
export class Top {
  readonly #max: number;
  /** A heap: the first is the one to go next. */
  readonly #items: Int32Array;
  readonly #values: Float64Array;
  #length = 0;
  /** What is not greater need not be offered. */
  least: number = -Infinity;

  constructor(max: number) {
    this.#max = max;
    this.#items = new Int32Array(max);
    this.#values = new Float64Array(max);
  }

  /** Items must be offered in ascending order. */
  offer(item: number, value: number): void {
    if (this.#length < this.#max) {
      this.#up(item, value);
      if (this.#length === this.#max) this.least = this.#values[0] as number;
    } else if (value > this.least) {
      this.#down(item, value);
      this.least = this.#values[0] as number;
    }
  }

  /** What it has, the greatest first. */
  list(): number[] {
    const entries = Array.from({ length: this.#length }, (_, index) => index);
    const items = this.#items;
    const values = this.#values;
    entries.sort(
      (a, b) => (values[b] as number) - (values[a] as number) || (items[a] as number) - (items[b] as number),
    );
    return entries.map((index) => items[index] as number);
  }

  /** Whether the first goes before the second. */
  #isWorse(item: number, value: number, index: number): boolean {
    const other = this.#values[index] as number;
    return value < other || (value === other && item > (this.#items[index] as number));
  }

  #up(item: number, value: number): void {
    let index = this.#length;
    this.#length += 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.#isWorse(item, value, parent)) break;
      this.#items[index] = this.#items[parent] as number;
      this.#values[index] = this.#values[parent] as number;
      index = parent;
    }
    this.#items[index] = item;
    this.#values[index] = value;
  }

  #down(item: number, value: number): void {
    let index = 0;
    for (;;) {
      let child = index * 2 + 1;
      if (child >= this.#length) break;
      const right = child + 1;
      if (right < this.#length && this.#isWorse(this.#items[right] as number, this.#values[right] as number, child)) {
        child = right;
      }
      if (this.#isWorse(item, value, child)) break;
      this.#items[index] = this.#items[child] as number;
      this.#values[index] = this.#values[child] as number;
      index = child;
    }
    this.#items[index] = item;
    this.#values[index] = value;
  }
}

function before(keys: Float64Array, a: number, b: number): boolean {
  const one = keys[a] as number;
  const other = keys[b] as number;
  return one < other || (one === other && a < b);
}

/** Moves the first `count` of `items`, counted from the beginning, to the front of `from` to `to`: Hoare's selection. */
function partition(items: Int32Array, keys: Float64Array, from: number, to: number, count: number): void {
  let low = from;
  let high = to;
  while (low < high) {
    const pivot = middle(items, keys, low, high);
    let left = low;
    let right = high;
    while (left <= right) {
      while (before(keys, items[left] as number, pivot)) left += 1;
      while (before(keys, pivot, items[right] as number)) right -= 1;
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
function middle(items: Int32Array, keys: Float64Array, low: number, high: number): number {
  const a = items[low] as number;
  const b = items[(low + high) >> 1] as number;
  const c = items[high] as number;
  if (before(keys, a, b)) return before(keys, b, c) ? b : before(keys, a, c) ? c : a;
  return before(keys, a, c) ? a : before(keys, b, c) ? c : b;
}

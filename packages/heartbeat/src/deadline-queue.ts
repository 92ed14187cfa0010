/** What a {@link DeadlineQueue} orders. The two fields belong to the queue while the item is in it. */
export interface Timed {
  /** On the clock of whoever owns the queue. Tell the queue when it changes: {@link DeadlineQueue.moved}. */
  deadlineMs: number;
  /** The item's place in the queue; {@link notQueued} when it is in none. */
  queueIndex: number;
}

export const notQueued = -1;

/**
 * Deadlines in order: a binary heap whose items know their place, so that removing or moving one needs no search.
 * Adding, moving and removing cost O(log n), looking O(1). Equal deadlines come out in no particular order.
 */
export class DeadlineQueue<Item extends Timed> {
  readonly #heap: Item[] = [];

  get size(): number {
    return this.#heap.length;
  }

  /** The item with the earliest deadline. */
  peek(): Item | undefined {
    return this.#heap[0];
  }

  add(item: Item): void {
    this.#up(item, this.#heap.length);
  }

  /** Nothing happens when the item is not queued. */
  remove(item: Item): void {
    const index = item.queueIndex;
    if (index === notQueued) return;
    item.queueIndex = notQueued;
    const last = this.#heap.pop() as Item;
    if (last !== item) this.#settle(last, index);
  }

  /** Puts a queued item whose deadline changed where it belongs now. */
  moved(item: Item): void {
    this.#settle(item, item.queueIndex);
  }

  #settle(item: Item, index: number): void {
    const parent = this.#heap[(index - 1) >> 1];
    if (index > 0 && parent !== undefined && item.deadlineMs < parent.deadlineMs) this.#up(item, index);
    else this.#down(item, index);
  }

  /** Moves later items from above into the hole at `index`, then fills it with `item`. */
  #up(item: Item, index: number): void {
    const heap = this.#heap;
    let hole = index;
    while (hole > 0) {
      const parentIndex = (hole - 1) >> 1;
      const parent = heap[parentIndex] as Item;
      if (parent.deadlineMs <= item.deadlineMs) break;
      heap[hole] = parent;
      parent.queueIndex = hole;
      hole = parentIndex;
    }
    heap[hole] = item;
    item.queueIndex = hole;
  }

  /** Moves earlier items from below into the hole at `index`, then fills it with `item`. */
  #down(item: Item, index: number): void {
    const heap = this.#heap;
    let hole = index;
    for (;;) {
      let childIndex = 2 * hole + 1;
      let child = heap[childIndex];
      if (child === undefined) break;
      const right = heap[childIndex + 1];
      if (right !== undefined && right.deadlineMs < child.deadlineMs) {
        child = right;
        childIndex += 1;
      }
      if (item.deadlineMs <= child.deadlineMs) break;
      heap[hole] = child;
      child.queueIndex = hole;
      hole = childIndex;
    }
    heap[hole] = item;
    item.queueIndex = hole;
  }
}

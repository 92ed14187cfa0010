/**
 * Where a `for-of` or `for-in` loop stands. A loop that yields has a cursor in place of JavaScript's iterator, because a cursor can
 * travel.
 */
export interface Cursor {
  /** What the loop is at. */
  readonly value: unknown;
  /** Goes on to the next; false at the end. */
  next(): boolean;
  /** The loop is left, at its end or before. */
  end(): void;
}

/** Over something with indices, which may grow meanwhile. */
export class IndexCursor implements Cursor {
  readonly items: ArrayLike<unknown>;
  #index: number;
  value: unknown = undefined;

  constructor(items: ArrayLike<unknown>, index = -1) {
    this.items = items;
    this.#index = index;
  }

  get index(): number {
    return this.#index;
  }

  next(): boolean {
    if (this.#index >= this.items.length - 1) {
      this.#index = Infinity; // As an iterator that has ended: it does not begin again when items are added.
      return false;
    }
    this.value = this.items[++this.#index];
    return true;
  }

  end(): void {
    // Nothing is held.
  }
}

/** The keys of an object, for `for-in`: listed at the start, passed over when they are gone since. */
export class KeyCursor implements Cursor {
  readonly object: object;
  readonly keys: readonly string[];
  #index: number;
  value: unknown = undefined;

  constructor(object: object, keys: readonly string[], index = -1) {
    this.object = object;
    this.keys = keys;
    this.#index = index;
  }

  get index(): number {
    return this.#index;
  }

  next(): boolean {
    while (++this.#index < this.keys.length) {
      const key = this.keys[this.#index] as string;
      if (key in this.object) {
        this.value = key;
        return true;
      }
    }
    return false;
  }

  end(): void {
    // Nothing is held.
  }
}

/** Over a Map or a Set, which may change meanwhile: what is added is still to come, and what is deleted is not, also after a move. */
export class EntryCursor implements Cursor {
  readonly collection: Entries;
  #iterator: Iterator<unknown> | null;
  /** Of one that has arrived and is not settled: how many entries it has not come to. */
  readonly #arrivedLeft: number;
  #ended: boolean;
  value: unknown = undefined;

  constructor(collection: Entries, arrivedLeft: number | null = null) {
    this.collection = collection;
    this.#iterator = arrivedLeft === null ? collection[Symbol.iterator]() : null;
    this.#arrivedLeft = arrivedLeft ?? 0;
    this.#ended = arrivedLeft === -1;
  }

  /** How many entries it has not come to, the last ones of the collection; -1 once it has ended. The loop is not disturbed. */
  get left(): number {
    if (this.#ended) return -1;
    if (this.#iterator === null) return this.#arrivedLeft;
    let left = 0;
    while (this.#iterator.next().done !== true) left += 1;
    this.#iterator = this.#from(left);
    return left;
  }

  /** Takes its place where it has arrived: once the collection has all its entries, and before anybody changes it. */
  settle(): void {
    this.#iterator ??= this.#from(this.#arrivedLeft);
  }

  next(): boolean {
    if (this.#ended) return false;
    this.settle();
    const { done, value } = (this.#iterator as Iterator<unknown>).next();
    this.value = value;
    this.#ended = done === true;
    return !this.#ended;
  }

  end(): void {
    // Collections' iterators hold nothing.
  }

  #from(left: number): Iterator<unknown> {
    const iterator = this.collection[Symbol.iterator]();
    for (let passed = this.collection.size - left; passed > 0; passed -= 1) iterator.next();
    return iterator;
  }
}

type Entries = ReadonlyMap<unknown, unknown> | ReadonlySet<unknown>;

/**
 * Over a string or an iterator of a Map, a Set, a string or an array: live like JavaScript's own until the frame is captured, then over
 * what was left at that moment.
 */
export class CollectionCursor implements Cursor {
  #iterator: Iterator<unknown>;
  value: unknown = undefined;

  constructor(iterator: Iterator<unknown>) {
    this.#iterator = iterator;
  }

  next(): boolean {
    const { done, value } = this.#iterator.next();
    this.value = value;
    return done !== true;
  }

  end(): void {
    // Collections' iterators hold nothing.
  }

  /** What the loop has not come to yet. The loop itself is not disturbed. */
  rest(): readonly unknown[] {
    const items: unknown[] = [];
    for (let step = this.#iterator.next(); step.done !== true; step = this.#iterator.next()) items.push(step.value);
    this.#iterator = items[Symbol.iterator]();
    return items;
  }
}

/** Over any other iterable: only its own code knows where it stands, so a loop over it cannot travel. */
export class ForeignCursor implements Cursor {
  readonly #iterator: Iterator<unknown>;
  #open = true;
  #ended = false;
  value: unknown = undefined;

  constructor(iterator: Iterator<unknown>) {
    this.#iterator = iterator;
  }

  next(): boolean {
    if (this.#ended) return false;
    // An iterator that fails or has ended is not closed.
    this.#open = false;
    const { done, value } = this.#iterator.next();
    this.value = value;
    this.#open = done !== true;
    this.#ended = done === true;
    return this.#open;
  }

  end(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#iterator.return?.();
  }
}

/** What `for (… of subject)` starts with. */
export function iterate(subject: Iterable<unknown>): Cursor {
  if (isIndexed(subject)) return new IndexCursor(subject);
  if (hasEntries(subject)) return new EntryCursor(subject);
  const iterator = subject[Symbol.iterator]();
  return isCollectionIterator(iterator) ? new CollectionCursor(iterator) : new ForeignCursor(iterator);
}

/** What a cursor has not come to yet: the rest of a pattern. */
export function drain(cursor: Cursor): unknown[] {
  const items: unknown[] = [];
  while (cursor.next()) items.push(cursor.value);
  return items;
}

/** What `for (… in subject)` starts with. */
export function keysOf(subject: unknown): Cursor {
  const object = Object(subject ?? {}) as object;
  const keys: string[] = [];
  for (const key in object) keys.push(key);
  return new KeyCursor(object, keys);
}

const typedArray = Object.getPrototypeOf(Uint8Array.prototype) as Uint8Array;

function isIndexed(subject: Iterable<unknown>): subject is Iterable<unknown> & ArrayLike<unknown> {
  if (Array.isArray(subject)) return subject[Symbol.iterator] === Array.prototype[Symbol.iterator];
  return ArrayBuffer.isView(subject) && subject[Symbol.iterator] === typedArray[Symbol.iterator];
}

function hasEntries(subject: Iterable<unknown>): subject is Iterable<unknown> & Entries {
  if (subject instanceof Map) return subject[Symbol.iterator] === Map.prototype.entries;
  return subject instanceof Set && subject[Symbol.iterator] === Set.prototype.values;
}

const collectionIterators: ReadonlySet<object> = new Set(
  [new Map().entries(), new Set().values(), [].values(), ""[Symbol.iterator]()].map(
    (iterator) => Object.getPrototypeOf(iterator) as object,
  ),
);

function isCollectionIterator(iterator: Iterator<unknown>): boolean {
  return collectionIterators.has(Object.getPrototypeOf(iterator) as object);
}

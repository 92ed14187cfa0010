import type { Cell } from "../cell.ts";
import type { Clock, Timer } from "../host.ts";

/** Who is called when an alarm's time has come. */
export interface Ringable {
  ring(): void;
  /** For people: what waits for it. */
  readonly what?: string;
  /** The process that it belongs to, whose end cancels it; null or absent: the node's own, or nobody's. */
  readonly holder?: Cell | null;
}

/** A time at which something is called, once. */
export class Alarm {
  readonly deadlineMs: number;
  readonly target: Ringable;
  /** Where it stands in the heap; -1 when it is not set. */
  index = -1;
  /** Alarms for the same time ring in the order in which they were set. */
  readonly order: number;

  constructor(deadlineMs: number, order: number, target: Ringable) {
    this.deadlineMs = deadlineMs;
    this.order = order;
    this.target = target;
  }

  get isSet(): boolean {
    return this.index >= 0;
  }
}

/**
 * All alarms of a node on one host timer: a binary heap by deadline. Never early.
 *
 * Most alarms are limits of waits that end well, set and cancelled within microseconds. So the host is only asked when the node returns
 * to the event loop: until then it is {@link Alarms.hold | held}.
 */
export class Alarms {
  readonly #clock: Clock;
  readonly #heap: Alarm[] = [];
  #order = 0;
  #timer: Timer | null = null;
  /** When the host's timer fires. */
  #timerMs = Infinity;
  #held = false;
  readonly #fired = (): void => {
    this.#timer = null;
    this.#timerMs = Infinity;
    this.#ring();
  };

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get length(): number {
    return this.#heap.length;
  }

  /** Those that are set, in no order. */
  get all(): readonly Alarm[] {
    return this.#heap;
  }

  /** Calls `target.ring()` when `delayMs` have passed; never for `Infinity`. */
  set(delayMs: number, target: Ringable): Alarm {
    const alarm = new Alarm(this.#clock.monotonic() + delayMs, this.#order++, target);
    if (delayMs === Infinity) return alarm;
    alarm.index = this.#heap.length;
    this.#heap.push(alarm);
    this.#up(alarm);
    if (!this.#held) this.#arm();
    return alarm;
  }

  /** It will not ring. Idempotent. */
  cancel(alarm: Alarm): void {
    const { index } = alarm;
    if (index < 0) return;
    alarm.index = -1;
    const last = this.#heap.pop() as Alarm;
    if (last !== alarm) {
      this.#heap[index] = last;
      last.index = index;
      this.#up(last);
      this.#down(last);
    }
    if (!this.#held) this.#arm();
  }

  /** How long until it rings, at least 0. */
  remainingMs(alarm: Alarm): number {
    return Math.max(0, alarm.deadlineMs - this.#clock.monotonic());
  }

  /** Do not bother the host until {@link Alarms.release}. */
  hold(): void {
    this.#held = true;
  }

  release(): void {
    this.#held = false;
    this.#arm();
  }

  /** Cancels everything. */
  clear(): void {
    for (const alarm of this.#heap) alarm.index = -1;
    this.#heap.length = 0;
    this.#arm();
  }

  #arm(): void {
    const nextMs = this.#heap.length === 0 ? Infinity : (this.#heap[0] as Alarm).deadlineMs;
    // A timer that fires too soon finds nothing to do and is set anew; that is cheaper than moving it for each cancelled alarm.
    if (nextMs >= this.#timerMs && nextMs !== Infinity) return;
    if (nextMs === this.#timerMs) return;
    this.#timer?.cancel();
    this.#timerMs = nextMs;
    this.#timer =
      nextMs === Infinity ? null : this.#clock.after(Math.max(0, nextMs - this.#clock.monotonic()), this.#fired);
  }

  #ring(): void {
    const nowMs = this.#clock.monotonic();
    this.#held = true;
    try {
      // Those set meanwhile, even for at once, wait for the next turn (R-506: a time of 0 is still asynchronous).
      const ordersMax = this.#order;
      for (;;) {
        const first = this.#heap[0];
        if (first === undefined || first.deadlineMs > nowMs || first.order >= ordersMax) break;
        this.cancel(first);
        first.target.ring();
      }
    } finally {
      this.release();
    }
  }

  #up(alarm: Alarm): void {
    const heap = this.#heap;
    let index = alarm.index;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent] as Alarm;
      if (!earlier(alarm, above)) break;
      heap[index] = above;
      above.index = index;
      index = parent;
    }
    heap[index] = alarm;
    alarm.index = index;
  }

  #down(alarm: Alarm): void {
    const heap = this.#heap;
    let index = alarm.index;
    for (;;) {
      let child = index * 2 + 1;
      if (child >= heap.length) break;
      const right = child + 1;
      if (right < heap.length && earlier(heap[right] as Alarm, heap[child] as Alarm)) child = right;
      const below = heap[child] as Alarm;
      if (!earlier(below, alarm)) break;
      heap[index] = below;
      below.index = index;
      index = child;
    }
    heap[index] = alarm;
    alarm.index = index;
  }
}

function earlier(a: Alarm, b: Alarm): boolean {
  return a.deadlineMs < b.deadlineMs || (a.deadlineMs === b.deadlineMs && a.order < b.order);
}

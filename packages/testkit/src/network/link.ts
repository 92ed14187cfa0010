import type { Slowness, Tally } from "../fault/controls.ts";
import type { RandomStream } from "../world/random.ts";
import type { Timing } from "../world/timing.ts";
import { Bottleneck } from "./bottleneck.ts";
import type { Recorder, Tamperer } from "./tamperer.ts";

/** How long what crosses a link takes. */
export interface LinkOptions {
  /** At least. Default: 0.5. */
  readonly latencyMs?: number;
  /** And up to this much more. Default: 2. */
  readonly jitterMs?: number;
}

/** What stops at a link that is blocked, and goes on when it is not. */
export interface Waiter {
  proceed(): void;
}

/** One direction between two machines. What crosses it is late, or waits; it is not lost, because pipes are reliable or broken. */
export class Link {
  /** What all pipes of this direction share. */
  readonly line: Bottleneck;
  /** Whoever changes frames that are sent. */
  readonly tamperers: Set<Tamperer> = new Set();
  readonly #random: RandomStream;
  readonly #recorder: Recorder;
  #latencyMs = 0.5;
  #jitterMs = 2;
  /** The partitions that block it. */
  readonly #blocks = new Set<Tally>();
  readonly #slow = new Map<Tally, Slowness>();
  readonly #waiting: Waiter[] = [];

  constructor(timeline: Timing, random: RandomStream, recorder: Recorder) {
    this.line = new Bottleneck(timeline);
    this.#random = random;
    this.#recorder = recorder;
  }

  /** @throws RangeError naming the option that is no duration. */
  set({ latencyMs = this.#latencyMs, jitterMs = this.#jitterMs }: LinkOptions): void {
    for (const [name, value] of Object.entries({ latencyMs, jitterMs })) {
      if (!(value >= 0 && value < Infinity)) throw new RangeError(`${name}: expected at least 0, got ${value}`);
    }
    this.#latencyMs = latencyMs;
    this.#jitterMs = jitterMs;
  }

  /** How long the next thing that crosses it takes. */
  delayMs(): number {
    let delayMs = this.#latencyMs + this.#random.between(0, this.#jitterMs);
    for (const [tally, { latencyMs = 0, meanMs = 0, tail }] of this.#slow) {
      // An exponential delay has its mean as its only parameter; the logarithm's argument is in (0, 1].
      const extraMs = latencyMs - meanMs * Math.log(1 - this.#random.unit());
      const tailMs = tail !== undefined && this.#random.chance(tail.chance) ? tail.ms : 0;
      if (extraMs + tailMs > 0) tally.effective += 1;
      delayMs += extraMs + tailMs;
    }
    return delayMs;
  }

  /** Adds to the delay of everything from now on. Effective: for each thing that was late for it. */
  slow(tally: Tally, slowness: Slowness): void {
    this.#slow.set(tally, slowness);
  }

  hasten(tally: Tally): void {
    this.#slow.delete(tally);
  }

  /** What is sent over `lane` where `bytes` should be. */
  frames(lane: object, bytes: Uint8Array): readonly Uint8Array[] {
    this.#recorder.record(lane, bytes);
    let frames: readonly Uint8Array[] = [bytes];
    for (const tamperer of this.tamperers) frames = frames.flatMap((frame) => tamperer.frames(lane, frame));
    return frames;
  }

  block(tally: Tally): void {
    this.#blocks.add(tally);
  }

  /** Lifts a block, or all: when none is left, what waits goes on, in order. Returns whether there were any. */
  unblock(tally?: Tally): boolean {
    const before = this.#blocks.size;
    if (tally === undefined) this.#blocks.clear();
    else this.#blocks.delete(tally);
    if (this.#blocks.size === 0) for (const waiter of this.#waiting.splice(0)) waiter.proceed();
    return this.#blocks.size < before;
  }

  /** Whether something has to wait; it is remembered if so. */
  holds(waiter: Waiter): boolean {
    if (this.#blocks.size === 0) return false;
    for (const tally of this.#blocks) tally.effective += 1;
    this.#waiting.push(waiter);
    return true;
  }
}

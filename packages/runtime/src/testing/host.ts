import type { Clock, Crypto, Host, Loop, Random, Timer } from "../host.ts";
import { portableCrypto } from "../portable/crypto.ts";
import { ManualDisk } from "./disk.ts";
import { ManualNetwork } from "./network.ts";
import { SeededRandom } from "./random.ts";

export interface ManualHostOptions {
  /** Where the random numbers begin. */
  readonly seed?: number;
  /** What `clock.wall()` says at the start. */
  readonly wallMs?: number;
}

/**
 * A host in which nothing happens by itself: time passes when the test says so, tasks run when it says so, and the same program does the same
 * things in the same order each time. Any number of nodes may share it.
 */
export class ManualHost implements Host {
  readonly clock: Clock;
  readonly random: Random;
  readonly loop: Loop;
  readonly network: ManualNetwork;
  readonly disk: ManualDisk = new ManualDisk();
  readonly crypto: Crypto = portableCrypto;
  #nowMs = 0;
  #tasks: (() => void)[] = [];
  /** By time; those of the same time in the order in which they were set. */
  readonly #timers: { readonly atMs: number; readonly fire: () => void }[] = [];

  constructor({ seed = 1, wallMs = 1_800_000_000_000 }: ManualHostOptions = {}) {
    this.random = new SeededRandom(seed);
    this.clock = {
      monotonic: () => this.#nowMs,
      wall: () => wallMs + this.#nowMs,
      after: (delayMs, fire) => this.#after(delayMs, fire),
    };
    this.loop = {
      soon: (task) => void this.#tasks.push(task),
      // Frames are tasks too, so whatever waits to be read is before this one.
      afterInput: (task) => void this.#tasks.push(task),
    };
    this.network = new ManualNetwork(this.loop);
  }

  /** Runs tasks until there are none. Time stands still, and what promises bring has to wait for {@link ManualHost.settle}. */
  run(): void {
    for (let rounds = 0; this.#tasks.length > 0; rounds += 1) {
      if (rounds > roundsMax) throw new Error(`the loop is never idle: ${roundsMax} rounds of tasks`);
      const tasks = this.#tasks;
      this.#tasks = [];
      for (const task of tasks) task();
    }
  }

  /** Lets `durationMs` pass: runs tasks, and the timers at their times, in order. */
  advance(durationMs: number): void {
    const untilMs = this.#nowMs + durationMs;
    this.run();
    for (let timer = this.#timers[0]; timer !== undefined && timer.atMs <= untilMs; timer = this.#timers[0]) {
      this.#nowMs = Math.max(this.#nowMs, timer.atMs);
      this.#timers.shift();
      timer.fire();
      this.run();
    }
    this.#nowMs = untilMs;
  }

  /** Runs tasks, and what promises bring, until nothing more happens. Time stands still. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < quietRounds; quiet += 1) {
      if (this.#tasks.length > 0) {
        this.run();
        quiet = 0;
      }
      await Promise.resolve();
    }
  }

  /**
   * Runs everything until `promise` is settled, and lets time pass when there is nothing else to do.
   *
   * @throws Error when nothing will ever happen any more.
   */
  async wait<T>(promise: PromiseLike<T>): Promise<T> {
    let settled = false;
    const finish = (): void => {
      settled = true;
    };
    promise.then(finish, finish);
    for (;;) {
      await this.settle();
      if (settled) return promise;
      const timer = this.#timers[0];
      if (timer === undefined) throw new Error("nothing is left to happen, and the promise is not settled");
      this.advance(timer.atMs - this.#nowMs);
    }
  }

  /** How many timers are set: none, when nothing was left behind. */
  get timers(): number {
    return this.#timers.length;
  }

  #after(delayMs: number, fire: () => void): Timer {
    if (!(delayMs >= 0)) throw new RangeError(`delayMs: expected at least 0, got ${delayMs}`);
    const timer = { atMs: this.#nowMs + delayMs, fire };
    const after = this.#timers.findIndex((other) => other.atMs > timer.atMs);
    this.#timers.splice(after < 0 ? this.#timers.length : after, 0, timer);
    return {
      cancel: () => {
        const index = this.#timers.indexOf(timer);
        if (index >= 0) this.#timers.splice(index, 1);
      },
    };
  }
}

/** Rounds of tasks without a pause: more is a loop that feeds itself. */
const roundsMax = 20_000;

/** Turns of the microtask queue in which nothing happened: longer than any chain of promises in what is tested. */
const quietRounds = 64;

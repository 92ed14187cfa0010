import type { Crypto } from "@espalier/runtime";
import type { EventLog } from "./event-log.ts";
import { Machine } from "./machine.ts";
import { SimulatedNetwork } from "../network/network.ts";
import { simulatedCrypto } from "../node/crypto.ts";
import { holdGuard, releaseGuard } from "../node/guard.ts";
import { holdRejections, releaseRejections } from "../node/rejections.ts";
import { stage } from "../node/stage.ts";
import { takeTurns } from "../node/turns.ts";
import type { Schedule } from "../scenario/plan.ts";
import { Chooser } from "../schedule/chooser.ts";
import { strategyOf } from "../schedule/strategies.ts";
import { plainCrypto } from "./plain-crypto.ts";
import { KeyedRandom } from "./random.ts";
import { Timeline } from "./timeline.ts";

export interface WorldOptions {
  /** What every random number of the world comes from: the same seed, the same run. */
  readonly seed: number;
  /**
   * Default: that of Node. `plain` is fast, and for runs in which secrecy does not matter; see {@link plainCrypto}. With other bytes it is
   * another run: a plan replays with what it was found with.
   */
  readonly crypto?: Crypto | "plain";
  /** How much may happen in all before the run is given up. Default: 5 million. */
  readonly eventsMax?: number;
  /**
   * Whether the run fails when code of a simulated node uses ambient time, randomness or I/O, such as `Date.now()`. Default: yes. Without,
   * such code makes runs differ.
   */
  readonly guard?: boolean;
  /** What happens first of what may happen in any order. Default: fifo. */
  readonly schedule?: Schedule;
  /** Told of each choice between what may happen in any order, unless the schedule is fifo. */
  readonly onChoice?: (candidates: readonly string[]) => void;
  /** Told of each event. */
  readonly log?: EventLog;
}

export interface UntilOptions {
  /** Virtual time. Default: one hour. */
  readonly withinMs?: number;
}

const hourMs = 3_600_000;

/**
 * Machines in one thread under one virtual time. Nothing happens by itself: {@link World.run} and {@link World.until} let what is due happen,
 * one thing at a time, and what promises bring is done before the next one, exactly. Time costs nothing; it jumps to the next event.
 *
 * The same seed and the same program give the same run: {@link World.traceHash} says so.
 */
export class World {
  readonly random: KeyedRandom;
  readonly network: SimulatedNetwork;
  /**
   * Called after each event with all that promises made of it, and before the first one: whoever checks something at every step does it here.
   * What it throws ends the run.
   */
  afterEvent: (() => void) | null = null;
  readonly #timeline: Timeline;
  readonly #machines = new Map<string, Machine>();
  readonly #crypto: Crypto;
  readonly #eventsMax: number;
  #events = 0;
  /** Since how many events it is this time. */
  #sinceMs = -1;
  #sinceEvents = 0;
  #running = false;
  readonly #isGuarded: boolean;
  /** What no node does, and one did. */
  #broken: Error | null = null;

  constructor({ seed, crypto = simulatedCrypto, eventsMax = 5_000_000, guard = true, ...options }: WorldOptions) {
    this.random = new KeyedRandom(seed);
    const strategy = strategyOf(options.schedule ?? { type: "fifo" }, this.random.stream("schedule"));
    const chooser = strategy === null ? null : new Chooser(strategy, options.onChoice);
    this.#timeline = new Timeline({ log: options.log ?? null, chooser });
    this.network = new SimulatedNetwork(this.#timeline, this.random, this.#machines);
    this.#crypto = crypto === "plain" ? plainCrypto : crypto;
    this.#eventsMax = eventsMax;
    this.#isGuarded = guard;
  }

  /** The virtual time, in milliseconds since the beginning of the world. */
  get nowMs(): number {
    return this.#timeline.nowMs;
  }

  /** The machine with this name; it is there from the first time on that somebody asks. */
  machine(name: string): Machine {
    let machine = this.#machines.get(name);
    if (machine === undefined) {
      if (!/^[a-z][a-z0-9-]{0,30}$/.test(name)) {
        throw new TypeError(
          `machine: expected up to 31 of a-z, 0-9 and -, a letter first, got ${JSON.stringify(name)}`,
        );
      }
      machine = new Machine(name, {
        timeline: this.#timeline,
        random: this.random,
        crypto: this.#crypto,
        isGuarded: this.#isGuarded,
        fail: (error) => void (this.#broken ??= error),
        network: (life) => this.network.of(life),
      });
      this.#machines.set(name, machine);
    }
    return machine;
  }

  /** All machines, in the order in which they were first asked for. */
  get machines(): readonly Machine[] {
    return [...this.#machines.values()];
  }

  /** Does something at a time, on no machine: it happens whatever is paused or has crashed. */
  at(atMs: number, run: () => void): void {
    this.#timeline.at(atMs, run);
  }

  /** Something that makes the run what it is, for its hash alone: of what type, and which, as a number; `describe` is asked where words are kept. */
  note(place: string, type: string, digest: number, describe: () => string): void {
    this.#timeline.note(place, type, digest, describe);
  }

  /** The same, with a line for the story of the run. */
  tell(place: string, what: string): void {
    this.#timeline.tell(place, what);
  }

  /** In what the order so far was another one than fifo: to replay it. */
  get schedule(): Schedule {
    return { type: "listed", deviations: this.#timeline.chooser?.deviations ?? [] };
  }

  /** Everything that happened, as one number: equal for equal runs. */
  get traceHash(): string {
    return this.#timeline.trace.hash;
  }

  /** How much happened. */
  get events(): number {
    return this.#timeline.trace.events;
  }

  /** Is told of each line of the story as it is told. It only looks. */
  set onTell(listener: (place: string, what: string) => void) {
    this.#timeline.onTell = listener;
  }

  /** The last lines of the story. */
  story(lines?: number): readonly string[] {
    return this.#timeline.trace.lines(lines);
  }

  /** Lets `durationMs` pass. */
  async run(durationMs: number): Promise<void> {
    if (!(durationMs >= 0 && durationMs < Infinity)) {
      throw new RangeError(`durationMs: expected at least 0, got ${durationMs}`);
    }
    const untilMs = this.nowMs + durationMs;
    await this.#drive(untilMs, () => false);
    this.#timeline.skipTo(untilMs);
  }

  /**
   * Lets things happen until `condition` holds, or the promise is settled, and gives what it was resolved with. A condition is asked
   * before the first event and after each.
   *
   * @throws WorldStuckError when nothing is left to happen, at once, or not within the time, which has passed then.
   */
  until(condition: () => boolean, options?: UntilOptions): Promise<void>;
  until<T>(promise: PromiseLike<T>, options?: UntilOptions): Promise<T>;
  async until<T>(what: (() => boolean) | PromiseLike<T>, { withinMs = hourMs }: UntilOptions = {}): Promise<T | void> {
    if (typeof what === "function") {
      await this.#untilTrue(what, withinMs);
      return;
    }
    let settled = false;
    const settle = (): void => void (settled = true);
    what.then(settle, settle);
    await this.#untilTrue(() => settled, withinMs);
    return what;
  }

  /**
   * Keeps everything in place meanwhile that notices what no node does. Each {@link World.run} does so by itself; around several it is done
   * once.
   */
  async guarded<T>(work: () => Promise<T>): Promise<T> {
    holdRejections();
    if (this.#isGuarded) holdGuard();
    try {
      return await work();
    } finally {
      if (this.#isGuarded) releaseGuard();
      releaseRejections();
    }
  }

  async #untilTrue(condition: () => boolean, withinMs: number): Promise<void> {
    const untilMs = this.nowMs + withinMs;
    if (await this.#drive(untilMs, condition)) return;
    // Who waited for a time has waited, also when nothing happened at the end of it.
    if (this.#timeline.nextMs !== null) this.#timeline.skipTo(untilMs);
    throw new WorldStuckError(
      this.#timeline.nextMs === null
        ? `nothing is left to happen at ${this.nowMs} ms, and what is waited for has not`
        : `what is waited for has not happened within ${withinMs} ms`,
    );
  }

  /** Said of a loop that never waits: nothing that needs time, such as a message to another node, can happen meanwhile. */
  #standsStill(): string {
    const events = this.#events - this.#sinceEvents;
    if (events < this.#eventsMax / 2) return "";
    return `: the last ${events} all at ${this.#sinceMs} ms. Virtual time goes on when nobody has anything to do; a loop that only yields, with a sleep or a limit of 0, holds it: let it wait 1 ms`;
  }

  /** Lets what is due until then happen, until `enough`. Gives whether it was. */
  async #drive(untilMs: number, enough: () => boolean): Promise<boolean> {
    if (this.#running) throw new Error("the world runs already: one driver at a time");
    this.#running = true;
    let stopped = false;
    const step = (): boolean => {
      leave();
      if (this.#broken !== null) throw this.#broken;
      this.afterEvent?.();
      stopped = enough();
      if (stopped) return false;
      const { nextMs } = this.#timeline;
      if (nextMs === null || nextMs > untilMs) return false;
      this.#events += 1;
      if (nextMs !== this.#sinceMs) {
        this.#sinceMs = nextMs;
        this.#sinceEvents = this.#events;
      }
      if (this.#events > this.#eventsMax) {
        throw new WorldStuckError(
          `${this.#eventsMax} events have happened, and there is no end of it${this.#standsStill()}`,
        );
      }
      this.#timeline.step();
      return true;
    };
    leave();
    try {
      await this.guarded(() => takeTurns(step, leave));
    } catch (error) {
      // What came of it is not what it was.
      throw this.#broken ?? error;
    } finally {
      this.#running = false;
    }
    return stopped;
  }
}

/** From now on it is not a node's code that runs. */
function leave(): void {
  stage.occupant = null;
}

/** What is waited for will not come. */
export class WorldStuckError extends Error {
  readonly code = "WORLD_STUCK";
  constructor(message: string) {
    super(message);
    this.name = "WorldStuckError";
  }
}

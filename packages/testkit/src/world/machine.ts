import type { Crypto, Host, Network } from "@espalier/runtime";
import { ManualDisk } from "@espalier/runtime/testing";
import type { Identity } from "@espalier/wire";
import type { DiskTrouble, Tally } from "../fault/controls.ts";
import { Life, type Work, type WorkKind } from "./life.ts";
import { MachineClock } from "./machine-clock.ts";
import { machineIdentity } from "./machine-identity.ts";
import { stage } from "../node/stage.ts";
import type { Occupant } from "./occupant.ts";
import type { KeyedRandom } from "./random.ts";
import type { Strand } from "./strand.ts";
import type { Timeline } from "./timeline.ts";

/** The wall clocks of two machines are this far apart at most, well within what the wire allows. */
const wallSkewMs = 60_000;

/** What a machine is made of. */
export interface MachineParts {
  readonly timeline: Timeline;
  readonly random: KeyedRandom;
  readonly crypto: Crypto;
  readonly network: (life: Life) => Network;
  readonly isGuarded: boolean;
  /** Ends the run. */
  readonly fail: (error: Error) => void;
}

/** Paused: whatever it is that keeps the process from running. */
export type MachineState = "running" | "paused" | "crashed";

export interface BlockOptions {
  /**
   * What the event loop comes to first when it is no longer busy (H19, measured with Node): overdue timers, if its check phase was, and what
   * arrived, if a callback of a timer or of I/O was. Default: timers.
   */
  readonly first?: "timers" | "input";
}

/** The phases of an event loop in the order in which it comes to them, from where it was held up. */
const phases: Readonly<Record<"timers" | "input", readonly WorkKind[]>> = {
  timers: ["timer", "input", "task", "after input"],
  input: ["input", "task", "timer", "after input"],
};

/**
 * A simulated machine with one OS process on it. A process that is paused runs nothing, and what would have happened to it waits; one that
 * crashed never runs anything again, and its sockets are closed by the machine. The disk stays.
 */
export class Machine implements Occupant {
  readonly name: string;
  /** The files, which outlive the process. */
  readonly disk: ManualDisk = new ManualDisk();
  /** What is wrong with it now. */
  readonly diskTroubles: Map<Tally, DiskTrouble> = new Map();
  /** Its monotonic clock, which goes on when the process ends. */
  readonly clock: MachineClock;
  readonly #parts: MachineParts;
  #identity: Identity | null = null;
  #life: Life;
  #lives = 0;
  #steps = 0;
  #state: MachineState = "running";
  #wallAheadMs: number;
  /** What the process comes to first when it goes on. */
  #first: "timers" | "input" = "timers";
  /** What happened to the process while it was paused. */
  #held: Work[] = [];

  constructor(name: string, parts: MachineParts) {
    this.name = name;
    this.#parts = parts;
    this.clock = new MachineClock(parts.timeline);
    this.#wallAheadMs = parts.random.stream(`wall:${name}`).below(wallSkewMs);
    this.#life = this.#begin();
  }

  get state(): MachineState {
    return this.#state;
  }

  /** How far its wall clock is ahead of the world's, which is not touched by the rate of the other one: somebody sets it right all the time. */
  get wallAheadMs(): number {
    return this.#wallAheadMs;
  }

  /** How often its process has been started. */
  get lives(): number {
    return this.#lives;
  }

  /** How much its processes have done: what they are can only have changed when this has. */
  get steps(): number {
    return this.#steps;
  }

  /** The process that runs now, or ran last. */
  get life(): Life {
    return this.#life;
  }

  /** Everything impure that the process has: that of this life, dead with it. */
  get host(): Host {
    return this.#life.host;
  }

  /** The key of the node on it, the same in all its lives. */
  get identity(): Identity {
    const { crypto, random } = this.#parts;
    this.#identity ??= machineIdentity(this.name, random, crypto);
    return this.#identity;
  }

  /** Where others reach the machine, if something listens there. */
  get url(): string {
    return `ws://${this.name}:7000`;
  }

  /** The process is gone at once. Its connections are closed; the machine sees to that. False when there was none. */
  crash(): boolean {
    if (this.#state === "crashed") return false;
    this.#tell("crashed");
    this.#state = "crashed";
    this.#held = [];
    this.#life.end();
    this.clock.thaw();
    return true;
  }

  /** Starts the process again, with the disk as it was left, or empty. @throws when it runs. */
  restart({ wipe = false }: { readonly wipe?: boolean } = {}): Host {
    if (this.#state !== "crashed") throw new Error(`restart ${this.name}: it is ${this.#state}`);
    if (wipe) this.disk.files.clear();
    this.#state = "running";
    this.#life = this.#begin();
    this.#tell("restarted");
    return this.host;
  }

  /**
   * From now on its monotonic clock runs at `rate`: 1 is true, 1.01 gains a hundredth. Timers that are pending keep their delay by that clock.
   * It stays so when the process ends.
   *
   * @throws RangeError when the rate is not from 0.9 to 1.1.
   */
  setClock({ rate }: { readonly rate: number }): void {
    this.clock.rate = rate;
    this.#tell(`clock runs at ${rate}`);
  }

  /**
   * Its wall clock jumps, forth or back.
   *
   * @throws RangeError when it is no number.
   */
  stepWall(byMs: number): void {
    if (!Number.isFinite(byMs)) throw new RangeError(`byMs: expected a number, got ${byMs}`);
    this.#wallAheadMs += byMs;
    this.#tell(`wall clock is set ${byMs < 0 ? "back" : "forth"} by ${Math.abs(byMs)} ms`);
  }

  /** The process runs nothing until it is resumed (SIGSTOP). Time goes on. False when it did not run anyway. */
  pause(): boolean {
    return this.#halt("paused", "timers");
  }

  /**
   * The machine sleeps until it is resumed (a laptop's lid): the process runs nothing, and the monotonic clock stands still with all its timers,
   * while the wall clock goes on. False when the process did not run anyway.
   */
  suspend(): boolean {
    if (!this.#halt("suspended", "timers")) return false;
    this.clock.freeze();
    return true;
  }

  /** Something keeps the event loop busy until it is resumed. Time goes on, what arrives waits. False when the process did not run anyway. */
  block({ first = "timers" }: BlockOptions = {}): boolean {
    return this.#halt("busy", first);
  }

  /**
   * Ends a pause, a suspend or a block: the process goes on, and finds what happened meanwhile, in the order in which an event loop comes to
   * it. Returns how much that was.
   */
  resume(): number {
    if (this.#state !== "paused") return 0;
    this.#tell("resumed");
    this.#state = "running";
    this.clock.thaw();
    const held = this.#held;
    this.#held = [];
    const order = phases[this.#first];
    held.sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
    const strand: Strand = { label: `${this.name} resumed`, machine: this.name, rank: "ahead" };
    for (const work of held) this.#parts.timeline.after(0, () => this.perform(work), strand);
    return held.length;
  }

  /** Lets the process do something now: later if it is paused, never if it is not that life any more. */
  perform(work: Work): void {
    if (!work.life.isAlive) return;
    if (this.#state === "paused") {
      this.#held.push(work);
      return;
    }
    this.#steps += 1;
    this.#parts.timeline.add(this.name, work.what, work.bytes);
    stage.occupant = this;
    try {
      work.run();
    } catch (error) {
      throw new UncaughtError(this.name, work.what, error);
    }
  }

  /** Calls code of the node from outside of its events: what it does, and what promises make of that, is done in the node. */
  enter<T>(run: () => T): T {
    stage.occupant = this;
    return run();
  }

  get isGuarded(): boolean {
    return this.#parts.isGuarded;
  }

  fail(error: Error): void {
    this.#parts.fail(error);
  }

  #halt(what: string, first: "timers" | "input"): boolean {
    if (this.#state !== "running") return false;
    this.#tell(what);
    this.#state = "paused";
    this.#first = first;
    return true;
  }

  #begin(): Life {
    this.#lives += 1;
    return new Life(this, this.#lives, this.#parts);
  }

  #tell(what: string): void {
    this.#parts.timeline.tell(this.name, what);
  }
}

/** Something on a machine threw where nobody catches: a real process would have died of it. */
export class UncaughtError extends Error {
  readonly code = "UNCAUGHT";
  readonly machine: string;
  constructor(machine: string, what: string, cause: unknown) {
    super(`uncaught on ${machine} (${what}): ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.name = "UncaughtError";
    this.machine = machine;
  }
}

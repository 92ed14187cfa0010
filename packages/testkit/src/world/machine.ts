import type { Crypto, Host, Network } from "@espalier/runtime";
import { ManualDisk } from "@espalier/runtime/testing";
import { Identity } from "@espalier/wire";
import { Life, type Work } from "./life.ts";
import type { KeyedRandom } from "./random.ts";
import type { Timeline } from "./timeline.ts";

/** The wall clocks of two machines are this far apart at most, well within what the wire allows. */
const wallSkewMs = 60_000;

/** What a machine is made of. */
export interface MachineParts {
  readonly timeline: Timeline;
  readonly random: KeyedRandom;
  readonly crypto: Crypto;
  readonly network: (life: Life) => Network;
}

export type MachineState = "running" | "paused" | "crashed";

/**
 * A simulated machine with one OS process on it. A process that is paused runs nothing, and what would have happened to it waits; one that
 * crashed never runs anything again, and its sockets are closed by the machine. The disk stays.
 */
export class Machine {
  readonly name: string;
  /** The files, which outlive the process. */
  readonly disk: ManualDisk = new ManualDisk();
  /** How far its wall clock is ahead of the world's. */
  readonly wallAheadMs: number;
  readonly #parts: MachineParts;
  #identity: Identity | null = null;
  #life: Life;
  #lives = 0;
  #steps = 0;
  #state: MachineState = "running";
  /** What happened to the process while it was paused. */
  #held: Work[] = [];

  constructor(name: string, parts: MachineParts) {
    this.name = name;
    this.#parts = parts;
    this.wallAheadMs = parts.random.stream(`wall:${name}`).below(wallSkewMs);
    this.#life = this.#begin();
  }

  get state(): MachineState {
    return this.#state;
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
    this.#identity ??= new Identity(crypto, random.stream(`key:${this.name}`).bytes(32));
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

  /** The process runs nothing until it is resumed (SIGSTOP). Time goes on. False when it did not run anyway. */
  pause(): boolean {
    if (this.#state !== "running") return false;
    this.#tell("paused");
    this.#state = "paused";
    return true;
  }

  /** The process goes on, and finds what happened meanwhile. Returns how much that was. */
  resume(): number {
    if (this.#state !== "paused") return 0;
    this.#tell("resumed");
    this.#state = "running";
    const held = this.#held;
    this.#held = [];
    // As a real event loop does: timers that are overdue fire before what arrived is read (H19).
    const order = [...held.filter(({ kind }) => kind !== "input"), ...held.filter(({ kind }) => kind === "input")];
    for (const work of order) this.#parts.timeline.after(0, () => this.perform(work));
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
    try {
      work.run();
    } catch (error) {
      throw new UncaughtError(this.name, work.what, error);
    }
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

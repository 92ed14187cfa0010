import type { Clock, Disk, Host, Loop } from "@espalier/runtime";
import type { Strand } from "./strand.ts";
import type { Machine, MachineParts } from "./machine.ts";

/** When an event loop does it: a task in its check phase, and `after input` a check phase later. */
export type WorkKind = "task" | "timer" | "input" | "after input";

/** Something that the process of a machine does in one go. */
export interface Work {
  readonly life: Life;
  readonly kind: WorkKind;
  /** For the trace. */
  readonly what: string;
  readonly bytes?: Uint8Array;
  readonly run: () => void;
}

/** Midnight of some day: what wall clocks are around. */
const wallStartMs = 1_800_000_000_000;

/** A process's monotonic clock starts anywhere below this. */
const monotonicStartMs = 1_000_000;

/** How long a disk takes at most. */
const diskMs = 2;

/** One OS process, from its start to its crash, and the host that it sees. Once it is dead nothing that it began ever happens. */
export class Life {
  readonly machine: Machine;
  readonly host: Host;
  /** Called when the process dies: what the operating system cleans up. */
  readonly onEnd: Set<() => void> = new Set();
  readonly #parts: MachineParts;
  readonly #strands: Readonly<Record<WorkKind, Strand>>;
  #timers = 0;
  #alive = true;

  constructor(machine: Machine, number: number, parts: MachineParts) {
    this.machine = machine;
    this.#parts = parts;
    const { name } = machine;
    this.#strands = {
      task: { label: `${name} task`, machine: name },
      timer: { label: `${name} timer`, machine: name },
      input: { label: `${name} input`, machine: name },
      "after input": { label: `${name} after input`, machine: name, rank: "behind" },
    };
    // Each life draws numbers of its own: one that came back must not repeat the keys and ids of the one before.
    const label = `${machine.name}/${number}`;
    this.host = {
      clock: this.#clock(label),
      random: parts.random.stream(`host:${label}`),
      loop: this.#loop(),
      network: parts.network(this),
      disk: this.#disk(label),
      crypto: parts.crypto,
    };
  }

  get isAlive(): boolean {
    return this.#alive;
  }

  /** Does something in this process after `delayMs`, unless it is dead by then. Returns what cancels it. */
  after(delayMs: number, kind: WorkKind, what: string, run: () => void): () => void {
    const { timeline } = this.#parts;
    const work: Work = { life: this, kind, what, run };
    const appointment = timeline.after(delayMs, () => this.machine.perform(work), this.#strands[kind]);
    return () => timeline.cancel(appointment);
  }

  end(): void {
    this.#alive = false;
    this.machine.clock.clear();
    for (const clean of this.onEnd) clean();
    this.onEnd.clear();
  }

  #clock(label: string): Clock {
    const { timeline, random } = this.#parts;
    const { machine } = this;
    const { clock } = machine;
    // Whole numbers, so that adding them loses nothing.
    const offsetMs = random.stream(`clock:${label}`).below(monotonicStartMs);
    return {
      monotonic: () => offsetMs + clock.nowMs,
      wall: () => wallStartMs + machine.wallAheadMs + timeline.nowMs,
      after: (delayMs, fire) => {
        if (!(delayMs >= 0)) throw new RangeError(`delayMs: expected at least 0, got ${delayMs}`);
        if (!this.#alive) return { cancel: () => {} };
        let due = true;
        const run = (): void => {
          // It may have been cancelled while it was overdue and the process was paused.
          if (!due) return;
          due = false;
          fire();
        };
        const work: Work = { life: this, kind: "timer", what: "timer", run };
        const timer = clock.after(delayMs, () => machine.perform(work), this.#timerStrand());
        return {
          cancel: () => {
            due = false;
            clock.cancel(timer);
          },
        };
      },
    };
  }

  /** Timers that are due at the same time fire in any order: no clock of a real machine has such times. */
  #timerStrand(): Strand {
    if (this.#parts.timeline.chooser === null) return this.#strands.timer;
    this.#timers += 1;
    return { label: `${this.machine.name} timer ${this.#timers}`, machine: this.machine.name };
  }

  #loop(): Loop {
    const { chooser } = this.#parts.timeline;
    const { name } = this.machine;
    return {
      ...(chooser === null
        ? {}
        : { choose: (labels: readonly string[]) => chooser.choose(labels.map((label) => `${name} ${label}`)) }),
      soon: (task) => void this.after(0, "task", "task", task),
      // What arrived by now is on the timeline already, and before this.
      afterInput: (task) => void this.after(0, "after input", "after input", task),
    };
  }

  /** A disk takes its time, and answers nobody who is dead. A write is there or not, whenever the process dies. */
  #disk(label: string): Disk {
    const { disk, diskTroubles } = this.machine;
    const random = this.#parts.random.stream(`disk:${label}`);
    const late = (): number => {
      let latencyMs = random.between(0, diskMs);
      for (const [tally, trouble] of diskTroubles) {
        if (trouble.latencyMs > 0) tally.effective += 1;
        latencyMs += trouble.latencyMs;
      }
      return latencyMs;
    };
    const slowly = <T>(what: string, access: () => Promise<T>): Promise<T> =>
      new Promise((resolve) => void this.after(late(), "input", what, () => resolve(access())));
    const checkRoom = (path: string): void => {
      for (const [tally, { full }] of diskTroubles) {
        if (!full) continue;
        tally.effective += 1;
        throw new Error(`ENOSPC: no space left on device, open '${path}'`);
      }
    };
    return {
      read: (path) => slowly(`read ${path}`, () => disk.read(path)),
      write: (path, bytes, options) => {
        const written = bytes.slice();
        return slowly(`write ${path}`, async () => {
          checkRoom(path);
          await disk.write(path, written, options);
        });
      },
      list: (directory) => slowly(`list ${directory}`, () => disk.list(directory)),
      remove: (path) => slowly(`remove ${path}`, () => disk.remove(path)),
      lock: (path) =>
        slowly(`lock ${path}`, async () => {
          const lock = await disk.lock(path);
          // The operating system gives it back when the process ends.
          if (lock.type === "locked") this.onEnd.add(() => void lock.release());
          return lock;
        }),
    };
  }
}

import type { Cell } from "../cell.ts";
import type { CodeStore } from "../code.ts";
import { frameHashes, type Cargo } from "../distribution/cargo.ts";
import { DataInUseError } from "../errors.ts";
import type { NodeEvent, Report } from "../introspection/events.ts";
import type { Kernel } from "../kernel.ts";
import { arise, capture, captureTimers } from "../moving/moving.ts";
import type { Codec } from "../moving/travel.ts";
import { suspended, type Waiting } from "../waiting.ts";
import { CheckpointError, type Checkpoint, type CheckpointView } from "./checkpoint.ts";
import { writeCheckpoint } from "./checkpoint-file.ts";
import type { CheckpointPort } from "./checkpoint-port.ts";
import { Holding } from "./holding.ts";
import { claimAll, type Claimed } from "./claim.ts";
import { otherDecider } from "./others.ts";
import { reasonOf } from "./reason.ts";
import { Retiring, type Retire } from "./retiring.ts";

/** The parts of a node that checkpoints need. */
export interface CheckpointsOptions {
  readonly kernel: Kernel;
  readonly codec: Codec;
  readonly code: CodeStore;
  /** Where the node keeps what outlives it. */
  readonly data: string;
  /** How many there may be at once. How large one is the codec bounds, as it does with what travels. */
  readonly checkpointsMax: number;
}

/**
 * The checkpoints of a node: one file for each computation that has one. What a process has on the disk is changed in the order in which that
 * was asked for, one thing at a time, and every change looks first whether the file is still of its own epoch.
 */
export class Checkpoints implements CheckpointPort {
  readonly #kernel: Kernel;
  readonly #codec: Codec;
  readonly #code: CodeStore;
  readonly data: string;
  readonly #max: number;
  readonly #held = new Map<Cell, Holding>();
  /** What is still to be done on the disk for processes that have ended. */
  readonly #ending = new Set<Promise<void>>();
  #release: (() => Promise<void>) | null = null;

  constructor({ kernel, codec, code, data, checkpointsMax }: CheckpointsOptions) {
    this.#kernel = kernel;
    this.#codec = codec;
    this.#code = code;
    this.data = data;
    this.#max = checkpointsMax;
    kernel.handlers.set("remote.checkpoint", (_kernel, cell) => this.#take(cell));
    kernel.handlers.set("checkpoint.retire", (_kernel, cell, operation: Retire) => this.#retire(cell, operation));
  }

  /** Takes the directory for this node. @throws DataInUseError naming the directory and, when it is known, who has it. */
  async open(): Promise<void> {
    const lock = await this.#kernel.host.disk.lock(`${this.data}/lock`);
    if (lock.type === "taken") {
      const who = lock.pid === null ? "another node" : `a node in the OS process ${lock.pid}`;
      throw new DataInUseError(this.data, who);
    }
    this.#release = () => lock.release();
  }

  /**
   * Claims what former lives have left, and lets it run. What cannot be read or run is put aside and reported, and stops nothing else.
   */
  async resume(): Promise<void> {
    const claimed = await claimAll({
      kernel: this.#kernel,
      codec: this.#codec,
      code: this.#code,
      directory: this.#directory,
      report: (report) => this.#report(report),
    });
    for (const one of claimed) this.#begin(one);
  }

  /** Everything that was asked for is on the disk, and the directory is free. */
  async close(): Promise<void> {
    await Promise.all([...this.#ending, ...[...this.#held.values()].map(({ settled }) => settled)]);
    await this.#release?.();
    this.#release = null;
  }

  get size(): number {
    return this.#held.size + this.#ending.size;
  }

  viewOf(cell: Cell): CheckpointView | null {
    return this.#held.get(cell)?.view ?? null;
  }

  holds(cell: Cell): boolean {
    return this.#held.get(cell)?.isKept === true;
  }

  get #directory(): string {
    return `${this.data}/checkpoints`;
  }

  // Taking one

  #take(cell: Cell): typeof suspended {
    const { clock, random, crypto } = this.#kernel.host;
    const why = otherDecider(cell);
    if (why !== null) throw new CheckpointError(`Remote.checkpoint: cannot take one of ${cell.label}: ${why}`);
    const own = this.#held.get(cell);
    if (own === undefined && this.#held.size >= this.#max) {
      throw new CheckpointError(
        `Remote.checkpoint: this node has ${this.#held.size} computations with a checkpoint already, and no more are allowed; let some end, or start it with a higher checkpointsMax`,
      );
    }
    const check: Codec["check"] = (value, what) => this.#codec.check(value, what);
    const captured = {
      ...capture(this.#kernel, cell, check),
      timers: captureTimers(this.#kernel, cell, check),
    };
    const { bytes: cargo, hashes } = this.#codec.encode({ captured, awaited: false } satisfies Cargo);
    const definitions = this.#code.pack(this.#code.closure(new Set([...hashes, ...frameHashes(captured)])));
    const holding = own ?? new Holding(this.#kernel.host.disk, this.#directory, hex(random.bytes(12)), 1);
    const takenAtMs = Math.floor(clock.wall());
    const bytes = writeCheckpoint(crypto, {
      computation: holding.computation,
      epoch: holding.epoch,
      takenAtMs,
      process: cell.pid.key,
      label: cell.label,
      name: cell.name,
      definitions,
      cargo,
    });
    if (own === undefined) this.#hold(cell, holding);
    return this.#wait(
      cell,
      "checkpoint",
      holding.write(crypto, bytes, takenAtMs),
      () => {
        const { computation, epoch } = holding;
        this.#event({ type: "checkpoint.written", pid: cell.pid, computation, epoch, bytes: bytes.length });
        this.#kernel.resume(cell, { computation, epoch, resumed: false } satisfies Checkpoint);
      },
      (error) => this.#kernel.throwInto(cell, error),
    );
  }

  /** From now on the process has a file, and it goes when the process does. */
  #hold(cell: Cell, holding: Holding): void {
    this.#held.set(cell, holding);
    const entries = (cell.stack ??= []);
    // A computation that was away and is back has lost it on the way.
    if (!(entries[0] instanceof Retiring)) entries.unshift(new Retiring());
    (cell.belongings ??= new Set()).add({ release: () => this.#released(cell) });
  }

  // The end

  /** The body is over: nobody hears of it before the file is gone. */
  #retire(cell: Cell, { threw }: Retire): typeof suspended | undefined {
    const holding = this.#held.get(cell);
    // What fails because the node is being stopped has not ended: it is resumed where it was.
    if (holding === undefined || (threw && this.#kernel.stopping)) return undefined;
    const waiting = new OnDisk("end of its checkpoint");
    this.#kernel.wait(cell, waiting);
    void this.#remove(cell, holding).then(() => {
      if (cell.waiting === waiting) this.#kernel.resume(cell, undefined);
    });
    return suspended;
  }

  /** The process has ended, or is not computed here any more. */
  #released(cell: Cell): void {
    const holding = this.#held.get(cell);
    if (holding === undefined) return;
    this.#held.delete(cell);
    // A node that stops ends its processes; their computations go on when it starts again.
    const done = this.#kernel.stopping ? holding.settled : this.#remove(cell, holding);
    this.#ending.add(done);
    void done.then(() => this.#ending.delete(done));
  }

  async #remove(cell: Cell, holding: Holding): Promise<void> {
    try {
      if (await holding.remove(this.#kernel.host.crypto)) this.#removed(cell, holding);
    } catch (error) {
      this.#failed(cell, holding, "remove", error);
    }
  }

  // Moving

  leave(cell: Cell, go: (error: unknown) => void): typeof suspended {
    const holding = this.#held.get(cell) as Holding;
    const { crypto } = this.#kernel.host;
    return this.#wait(
      cell,
      "end of its checkpoint",
      holding.putAside(crypto),
      () => {
        this.#removed(cell, holding);
        go(null);
      },
      go,
      // It was called back while it was at it.
      () => void this.#restore(cell, holding),
    );
  }

  putAside(cell: Cell, then: (error: unknown) => void): void {
    const holding = this.#held.get(cell) as Holding;
    holding.putAside(this.#kernel.host.crypto).then(() => {
      this.#removed(cell, holding);
      then(null);
    }, then);
  }

  stay(cell: Cell, goOn: () => void): void {
    const holding = this.#held.get(cell);
    if (holding === undefined || holding.isKept) goOn();
    else void this.#restore(cell, holding).then(goOn);
  }

  async #restore(cell: Cell, holding: Holding): Promise<void> {
    // It may have ended meanwhile.
    if (this.#held.get(cell) !== holding) return;
    try {
      await holding.putBack(this.#kernel.host.crypto);
    } catch (error) {
      this.#failed(cell, holding, "write again", error);
    }
  }

  // A former life

  #begin({ pid, cargo, name, holding, behalf }: Claimed): void {
    const kernel = this.#kernel;
    const { computation, epoch } = holding;
    const cell = arise(kernel, pid, cargo.captured, (state) => this.#code.restore(state));
    this.#hold(cell, holding);
    if (behalf !== null) kernel.behalf.add(cell, behalf);
    if (name !== null && kernel.whereis(name) === undefined) kernel.register(cell, name);
    // Whoever starts the node can listen before anything runs.
    kernel.host.loop.soon(() => {
      this.#event({ type: "checkpoint.resumed", pid, label: cell.label, computation, epoch });
      kernel.resume(cell, { computation, epoch, resumed: true } satisfies Checkpoint);
    });
  }

  // Waiting for the disk

  /** The process waits for `work`. `stray` is called when that is done and the process waits no more. */
  #wait(
    cell: Cell,
    what: string,
    work: Promise<unknown>,
    done: () => void,
    failed: (error: unknown) => void,
    stray: () => void = () => {},
  ): typeof suspended {
    const waiting = new OnDisk(what);
    const isWaiting = (): boolean => cell.waiting === waiting;
    work.then(
      () => (isWaiting() ? done() : stray()),
      (error: unknown) => {
        if (isWaiting()) failed(error);
      },
    );
    return this.#kernel.wait(cell, waiting);
  }

  #removed({ pid }: Cell, { computation, epoch }: Holding): void {
    this.#event({ type: "checkpoint.removed", pid, computation, epoch });
  }

  #failed({ label }: Cell, { path }: Holding, what: "remove" | "write again", error: unknown): void {
    this.#report({ type: "checkpoint.failed", file: path, label, what, reason: reasonOf(error) });
  }

  #report(report: Report): void {
    this.#kernel.logger?.report(report);
  }

  #event(event: NodeEvent): void {
    this.#kernel.note(event);
  }
}

/** A process waits for its disk. */
class OnDisk implements Waiting {
  readonly what: string;

  constructor(what: string) {
    this.what = what;
  }

  cancel(): void {
    // What was asked of the disk is done anyway.
  }
}

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

import type { Crypto, Disk } from "../host.ts";
import { CheckpointError, type CheckpointView } from "./checkpoint.ts";
import { parseCheckpoint } from "./checkpoint-file.ts";

/** How the names of files end that hold computations. */
export const extension = ".checkpoint";

/** What one process has on the disk. */
export class Holding {
  readonly computation: string;
  readonly epoch: number;
  readonly path: string;
  readonly #disk: Disk;
  /** Of what is on the disk; null when nothing is. */
  #takenAtMs: number | null;
  /** What was on the disk until the process was about to leave. */
  #aside: { readonly bytes: Uint8Array; readonly takenAtMs: number } | null = null;
  #isAside = false;
  #settled: Promise<void> = Promise.resolve();

  constructor(disk: Disk, directory: string, computation: string, epoch: number, takenAtMs: number | null = null) {
    this.computation = computation;
    this.epoch = epoch;
    this.path = `${directory}/${computation}${extension}`;
    this.#disk = disk;
    this.#takenAtMs = takenAtMs;
  }

  /** Whether there is a file, or may be soon. */
  get isKept(): boolean {
    return !this.#isAside;
  }

  get view(): CheckpointView | null {
    const { computation, epoch } = this;
    return this.#takenAtMs === null ? null : { computation, epoch, takenAtMs: this.#takenAtMs };
  }

  /** Resolves when everything that was asked for until now is done or has failed. */
  get settled(): Promise<void> {
    return this.#settled;
  }

  /** @throws CheckpointError when the file is not of this epoch any more; the disk's error otherwise. What was there before stands then. */
  write(crypto: Crypto, bytes: Uint8Array, takenAtMs: number): Promise<void> {
    return this.#next(async () => {
      await this.#own(crypto);
      await this.#disk.write(this.path, bytes, { secret: true });
      this.#takenAtMs = takenAtMs;
      this.#isAside = false;
    });
  }

  /** Whether there was a file to remove. */
  remove(crypto: Crypto): Promise<boolean> {
    return this.#next(async () => {
      if (this.#takenAtMs === null) return false;
      if ((await this.#disk.read(this.path)) !== null) await this.#own(crypto);
      await this.#disk.remove(this.path);
      this.#takenAtMs = null;
      return true;
    });
  }

  /** Removes the file, and remembers it. */
  putAside(crypto: Crypto): Promise<void> {
    return this.#next(async () => {
      const takenAtMs = this.#takenAtMs;
      const bytes = await this.#own(crypto);
      if (bytes !== null) await this.#disk.remove(this.path);
      this.#takenAtMs = null;
      this.#aside = bytes === null || takenAtMs === null ? null : { bytes, takenAtMs };
      this.#isAside = true;
    });
  }

  /** What was put aside is on the disk again. Who wants the process to leave from now on has to put it aside once more. */
  putBack(crypto: Crypto): Promise<void> {
    this.#isAside = false;
    return this.#next(async () => {
      const aside = this.#aside;
      this.#aside = null;
      if (aside === null) return;
      await this.#own(crypto);
      await this.#disk.write(this.path, aside.bytes, { secret: true });
      this.#takenAtMs = aside.takenAtMs;
    });
  }

  /**
   * What is on the disk, which has to be what this process left there: another node that took the directory meanwhile has resumed the computation
   * as a later epoch, or has ended it.
   */
  async #own(crypto: Crypto): Promise<Uint8Array | null> {
    const bytes = await this.#disk.read(this.path);
    const expected = this.#takenAtMs === null ? null : this.epoch;
    const found = bytes === null ? null : parseCheckpoint(crypto, bytes).epoch;
    if (found === expected) return bytes;
    const name = (epoch: number | null): string => (epoch === null ? "no file" : `epoch ${epoch}`);
    throw new CheckpointError(
      `checkpoint ${this.path}: expected ${name(expected)}, found ${name(found)}: another node has taken this computation over, and this run of it must not go on`,
      "CHECKPOINT_FENCED",
    );
  }

  /** One after the other: what comes later sees what came before. */
  #next<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#settled.then(work);
    const over = (): void => {
      // Whoever asked for it hears how it went; the next may begin.
    };
    this.#settled = done.then(over, over);
    return done;
  }
}

import type { LeaseParameters } from "./lease.ts";

/**
 * Whether this node itself was running. A judge that stood still has heard nothing because it did not listen (H19), so silence is counted in
 * running time: a stall of the judge adds nothing to it, and after one the input that waits is read before anybody is judged (P11).
 *
 * `tick` is called each beat interval, by a timer that lets waiting input be read first (`host.loop.afterInput`).
 */
export class Pulse {
  readonly #parameters: LeaseParameters;
  #tickedAtMs: number | null = null;
  #runningMs = 0;
  #steadySinceMs = 0;

  constructor(parameters: LeaseParameters) {
    this.#parameters = parameters;
  }

  tick(nowMs: number): void {
    const runningMs = this.runningMs(nowMs);
    const stalled = this.#tickedAtMs !== null && nowMs - this.#tickedAtMs > this.#allowanceMs;
    this.#tickedAtMs = nowMs;
    this.#runningMs = runningMs;
    if (stalled) this.#steadySinceMs = runningMs;
  }

  /** The time for which this node has been running, stalls left out. Never goes back. */
  runningMs(nowMs: number): number {
    if (this.#tickedAtMs === null) return this.#runningMs;
    return this.#runningMs + Math.min(nowMs - this.#tickedAtMs, this.#allowanceMs);
  }

  /** Whether it has been running for long enough since its last stall to have read what had been waiting. */
  isSteady(nowMs: number): boolean {
    const stalledNow = this.#tickedAtMs !== null && nowMs - this.#tickedAtMs > this.#allowanceMs;
    return (
      !stalledNow && this.runningMs(nowMs) - this.#steadySinceMs >= (this.#steadySinceMs === 0 ? 0 : this.#allowanceMs)
    );
  }

  /** A tick that is later than this was held up. */
  get #allowanceMs(): number {
    return this.#parameters.beatMs + this.#parameters.delayMs;
  }
}

/** What a home thinks of a host. `suspected` is local and revocable; `lost` is for ever (H8). */
export type Judgement = "trusted" | "suspected" | "lost";

/**
 * A home's view of one host (a node in one of its lives) that has processes of this home: the judge's side of a lease.
 *
 * All times are running time, see {@link Pulse}.
 */
export class HostWatch {
  readonly #parameters: LeaseParameters;
  #term = 1;
  #heardAtMs: number | null = null;
  #judgement: Judgement = "trusted";

  constructor(parameters: LeaseParameters) {
    this.#parameters = parameters;
  }

  /** Counts the verdicts: what was granted in an earlier term is over. */
  get term(): number {
    return this.#term;
  }

  get judgement(): Judgement {
    return this.#judgement;
  }

  get isWatching(): boolean {
    return this.#heardAtMs !== null;
  }

  /** The host has something of ours from now on. Does nothing when it had before. */
  begin(runningMs: number): void {
    this.#heardAtMs ??= runningMs;
  }

  /** The host has nothing of ours any more: its silence means nothing. */
  end(): void {
    this.#heardAtMs = null;
    this.#judgement = "trusted";
  }

  /** A beat came. True when the host was suspected and is trusted again. */
  heard(runningMs: number): boolean {
    if (this.#heardAtMs === null) return false;
    this.#heardAtMs = runningMs;
    const again = this.#judgement === "suspected";
    this.#judgement = "trusted";
    return again;
  }

  /** What the silence until now means. Only `lost` once a holder that keeps to its lease has stopped (P11, P13). */
  judge(runningMs: number): Judgement {
    if (this.#heardAtMs === null) return "trusted";
    const silenceMs = runningMs - this.#heardAtMs;
    if (silenceMs > this.#parameters.verdictMs) return "lost";
    this.#judgement = silenceMs > suspicionBeats * this.#parameters.beatMs ? "suspected" : "trusted";
    return this.#judgement;
  }

  /** The verdict: the term is over. */
  conclude(): void {
    this.#term += 1;
    this.end();
  }
}

/** Missing beats that make a host suspected: two may be lost on the way without anybody having done wrong. */
const suspicionBeats = 2.5;

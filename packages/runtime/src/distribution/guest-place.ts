import type { Cause, Heartbeat } from "@espalier/heartbeat";
import type { Guest } from "../distribution-port.ts";
import type { Pid } from "../addresses/pid.ts";
import type { Signal } from "../exits/signal.ts";
import type { Effect } from "./effects.ts";

/** What carries out what a guest does. */
export interface GuestHost {
  mayAct(process: string, epoch: number): boolean;
  /** @throws NotMovableError when it is a message that cannot travel, and there is somebody to be told. */
  emit(process: string, effect: Effect): void;
  finished(process: string, epoch: number): void;
}

/** The place of a process of another node that is computed here. */
export class GuestPlace implements Guest {
  readonly kind = "guest";
  /** Whether somebody at its home waits for what its body returns. */
  readonly awaited: boolean;
  readonly #host: GuestHost;
  readonly #process: string;
  #epoch: number;
  /** What it did while it was frozen, by its timers: done if it stays, forgotten if it goes, because the timers went along. */
  #held: Effect[] | null = null;

  /** The epoch that it acts in. */
  get epoch(): number {
    return this.#epoch;
  }

  constructor(host: GuestHost, pid: Pid, epoch: number, awaited: boolean) {
    this.#host = host;
    this.#process = pid.key;
    this.#epoch = epoch;
    this.awaited = awaited;
  }

  out(to: Pid, signal: Signal): void {
    this.#emit({ type: "signal", to, signal });
  }

  scopes(heartbeats: readonly Heartbeat[]): void {
    this.#emit({ type: "scopes", heartbeats });
  }

  mayStep(): boolean {
    return this.#host.mayAct(this.#process, this.#epoch);
  }

  ended(cause: Cause, outcome: unknown): void {
    const isKept = this.awaited && (cause.type === "normal" || outcome !== undefined);
    this.#emit({ type: "end", cause, outcome: isKept ? { value: outcome } : null });
    this.#host.finished(this.#process, this.#epoch);
  }

  /** It is on its way out. */
  freeze(): void {
    this.#held = [];
  }

  /** It goes on here, in `epoch`. */
  thaw(epoch: number): void {
    const held = this.#held ?? [];
    this.#held = null;
    this.#epoch = epoch;
    for (const effect of held) this.#emit(effect);
  }

  #emit(effect: Effect): void {
    if (this.#held === null) this.#host.emit(this.#process, effect);
    else this.#held.push(effect);
  }
}

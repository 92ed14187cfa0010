import { Agenda, type Appointment } from "./agenda.ts";
import type { EventLog } from "./event-log.ts";
import { Trace } from "./trace.ts";

const ticksPerMs = 1024;

/** Times are whole multiples of this: then sums and differences of times are exact, and no timer seems to fire early. */
export const tickMs: number = 1 / ticksPerMs;

export function ceilToTick(ms: number): number {
  return Math.ceil(ms * ticksPerMs) / ticksPerMs;
}

export function floorToTick(ms: number): number {
  return Math.floor(ms * ticksPerMs) / ticksPerMs;
}

/** The one virtual time of a world, what will happen in it, and what has. */
export class Timeline {
  readonly trace: Trace;
  /** Is told of each line of the story. It only looks. */
  onTell: ((place: string, what: string) => void) | null = null;
  readonly #agenda = new Agenda();
  #nowMs = 0;

  constructor(log: EventLog | null = null) {
    this.trace = new Trace(log);
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  /** When something will happen next; null when nothing will. */
  get nextMs(): number | null {
    return this.#agenda.nextMs;
  }

  /** Does `run` once `delayMs` have passed, rounded up to the next tick. */
  after(delayMs: number, run: () => void): Appointment {
    return this.at(this.#nowMs + delayMs, run);
  }

  at(atMs: number, run: () => void): Appointment {
    return this.#agenda.add(Math.max(ceilToTick(atMs), this.#nowMs), run);
  }

  cancel(appointment: Appointment): void {
    this.#agenda.cancel(appointment);
  }

  /** Lets the next thing happen, at its time. */
  step(): void {
    const { nextMs } = this.#agenda;
    if (nextMs === null) return;
    this.#nowMs = nextMs;
    this.#agenda.take()?.();
  }

  /** Nothing happens until then, rounded up to the next tick. */
  skipTo(atMs: number): void {
    this.#nowMs = Math.max(this.#nowMs, ceilToTick(atMs));
  }

  add(place: string, what: string, bytes?: Uint8Array): void {
    this.trace.add(this.#nowMs, place, what, bytes);
  }

  tell(place: string, what: string): void {
    this.trace.tell(this.#nowMs, place, what);
    this.onTell?.(place, what);
  }
}

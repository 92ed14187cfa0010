import { Agenda, type Appointment, type Strung } from "./agenda.ts";
import type { Chooser } from "../schedule/chooser.ts";
import type { EventLog } from "./event-log.ts";
import { candidatesOf } from "./candidates.ts";
import { kitStrand, type Strand } from "./strand.ts";
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

export interface TimelineOptions {
  readonly log?: EventLog | null;
  readonly chooser?: Chooser | null;
}

/** The one virtual time of a world, what will happen in it, and what has. */
export class Timeline {
  readonly trace: Trace;
  /** Is told of each line of the story. It only looks. */
  onTell: ((place: string, what: string) => void) | null = null;
  readonly #agenda = new Agenda();
  /** Who decides what comes first of what is due at the same time; null when that is the order in which it became due. */
  readonly chooser: Chooser | null;
  /** What is due now, in the order in which it became due, where somebody chooses. */
  #due: Strung[] = [];
  #nowMs = 0;

  constructor({ log = null, chooser = null }: TimelineOptions = {}) {
    this.trace = new Trace(log);
    this.chooser = chooser;
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  /** When something will happen next; null when nothing will. */
  get nextMs(): number | null {
    if (this.#due.length > 0 && this.#due.some(({ run }) => run !== null)) return this.#nowMs;
    return this.#agenda.nextMs;
  }

  /** Does `run` once `delayMs` have passed, rounded up to the next tick. */
  after(delayMs: number, run: () => void, strand?: Strand): Appointment {
    return this.at(this.#nowMs + delayMs, run, strand);
  }

  at(atMs: number, run: () => void, strand: Strand = kitStrand): Appointment {
    return this.#agenda.add(Math.max(ceilToTick(atMs), this.#nowMs), strand, run);
  }

  cancel(appointment: Appointment): void {
    this.#agenda.cancel(appointment);
  }

  /** Lets the next thing happen, at its time. */
  step(): void {
    const { nextMs } = this;
    if (nextMs === null) return;
    this.#nowMs = nextMs;
    const appointment = this.chooser === null ? this.#agenda.take() : this.#choose(this.chooser);
    const run = appointment?.run;
    if (appointment === null || run === null || run === undefined) return;
    appointment.run = null;
    run();
  }

  #choose(chooser: Chooser): Strung | null {
    const due = this.#due.filter(({ run }) => run !== null);
    while (this.#agenda.nextMs === this.#nowMs) due.push(this.#agenda.take() as Strung);
    const candidates = candidatesOf(due);
    const chosen = candidates[chooser.choose(candidates.map(({ strand }) => strand.label))] ?? null;
    this.#due = due.filter((appointment) => appointment !== chosen);
    return chosen;
  }

  /** Nothing happens until then, rounded up to the next tick. */
  skipTo(atMs: number): void {
    this.#nowMs = Math.max(this.#nowMs, ceilToTick(atMs));
  }

  add(place: string, what: string, bytes?: Uint8Array): void {
    this.trace.add(this.#nowMs, place, what, bytes);
  }

  note(place: string, type: string, digest: number, describe: () => string): void {
    this.trace.note(this.#nowMs, place, type, digest, describe);
  }

  tell(place: string, what: string): void {
    this.trace.tell(this.#nowMs, place, what);
    this.onTell?.(place, what);
  }
}

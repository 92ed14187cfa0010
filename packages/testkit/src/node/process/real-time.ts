import type { Appointment } from "../../world/agenda.ts";

/** Node takes a longer delay for 1 ms. */
const delayMsMax = 2 ** 31 - 1;

/** The monotonic clock that all processes of this machine share, in milliseconds. */
export function machineMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** When the time of a world began, by {@link machineMs}, and how many real milliseconds one of it takes. */
export interface Tempo {
  readonly originMs: number;
  readonly dilation: number;
}

/** The time of a world of real processes: that of the machine since the beginning of the run, slowed down by the dilation. */
export class RealTime {
  readonly #tempo: Tempo;
  readonly #timeouts = new Map<Appointment, NodeJS.Timeout>();
  #serial = 0;

  constructor(tempo: Tempo) {
    this.#tempo = tempo;
  }

  get nowMs(): number {
    return this.of(machineMs());
  }

  /** What a time of the machine is in this world. */
  of(ms: number): number {
    return (ms - this.#tempo.originMs) / this.#tempo.dilation;
  }

  /** Calls `run` once, not before `atMs`, and never at once. */
  at(atMs: number, run: () => void): Appointment {
    const appointment: Appointment = { atMs, serial: this.#serial++, run };
    this.#appoint(appointment);
    return appointment;
  }

  after(delayMs: number, run: () => void): Appointment {
    return this.at(this.nowMs + delayMs, run);
  }

  /** Idempotent. */
  cancel(appointment: Appointment): void {
    appointment.run = null;
    clearTimeout(this.#timeouts.get(appointment));
    this.#timeouts.delete(appointment);
  }

  /** Nothing that was agreed will happen. */
  clear(): void {
    for (const appointment of [...this.#timeouts.keys()]) this.cancel(appointment);
  }

  #appoint(appointment: Appointment): void {
    const remainingMs = Math.ceil((appointment.atMs - this.nowMs) * this.#tempo.dilation);
    const timeout = setTimeout(() => this.#elapsed(appointment), Math.min(Math.max(remainingMs, 0), delayMsMax));
    this.#timeouts.set(appointment, timeout);
  }

  #elapsed(appointment: Appointment): void {
    // Node counts whole milliseconds, and so can be early by the better part of one.
    if (this.nowMs < appointment.atMs) return this.#appoint(appointment);
    this.#timeouts.delete(appointment);
    const { run } = appointment;
    appointment.run = null;
    run?.();
  }
}

import type { Appointment } from "./agenda.ts";
import type { Strand } from "./strand.ts";

/** When things happen: by the virtual time of a world, or by the real one where its nodes are processes. */
export interface Timing {
  readonly nowMs: number;
  /** Does `run` once `delayMs` have passed. */
  after(delayMs: number, run: () => void, strand?: Strand): Appointment;
  at(atMs: number, run: () => void, strand?: Strand): Appointment;
  cancel(appointment: Appointment): void;
}

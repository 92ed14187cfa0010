import { offStage } from "../node/stage.ts";
/** A simulated node while its code runs. */
export interface Occupant {
  readonly name: string;
  /** Whether it may not reach for the time, the randomness and the I/O of the process that simulates it. */
  readonly isGuarded: boolean;
  /** What no node does was done in it: the run fails with that, whatever the node's own code makes of the error. */
  fail(error: DeterminismError | UnhandledRejectionError): void;
}

/** Code of a simulated node used something that is another one in each run. */
export class DeterminismError extends Error {
  readonly code = "AMBIENT";
  readonly machine: string;
  constructor(machine: string, message: string) {
    super(message);
    this.name = "DeterminismError";
    this.machine = machine;
  }
}

/** A promise of a simulated node was rejected, and nobody was there to hear of it: a real process would have died of it. */
export class UnhandledRejectionError extends Error {
  readonly code = "UNHANDLED_REJECTION";
  readonly machine: string;
  constructor(machine: string, reason: unknown) {
    const text = reason instanceof Error ? offStage(() => reason.stack ?? reason.message) : String(reason);
    super(`unhandled rejection on ${machine}: ${text}`, { cause: reason });
    this.name = "UnhandledRejectionError";
    this.machine = machine;
  }
}

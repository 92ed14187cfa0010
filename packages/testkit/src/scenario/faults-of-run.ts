import { beginFault, describeFault, describeTiming, whyInert, type Fault } from "../fault/fault.ts";
import type { Applied, Controls, Tally } from "../fault/controls.ts";
import type { FaultOutcome } from "./result.ts";

/** What a run offers to its faults. */
export interface FaultHost {
  readonly controls: Controls;
  /** Calls `run` after so many milliseconds, whatever has crashed. */
  after(delayMs: number, run: () => void): void;
  tell(line: string): void;
  /** The fault with this index begins, or is over. */
  began?(index: number): void;
  ended?(index: number): void;
}

interface Running {
  readonly fault: Fault;
  applied: boolean;
  tally: Tally;
  /** What is still to be put right. */
  undo: Applied | null;
  /** How often the mark that it waits for was reached. */
  reached: number;
}

/** The faults of one run: begun at their times, ended at theirs, or when everything is put right. */
export class FaultsOfRun {
  readonly #host: FaultHost;
  readonly #running: readonly Running[];
  #over = false;

  constructor(faults: readonly Fault[], host: FaultHost) {
    this.#host = host;
    this.#running = faults.map((fault) => ({
      fault,
      applied: false,
      tally: { effective: 0 },
      undo: null,
      reached: 0,
    }));
  }

  /** The nodes are booted: from now on the times of faults count. */
  begin(): void {
    for (const running of this.#running) if (running.fault.after === undefined) this.#schedule(running);
  }

  /** A mark was reached somewhere. */
  mark(node: string, name: string): void {
    for (const running of this.#running) {
      const { after } = running.fault;
      if (after === undefined || after.mark !== name || (after.node ?? node) !== node) continue;
      running.reached += 1;
      if (running.reached === (after.nth ?? 1)) this.#schedule(running);
    }
  }

  /** Puts everything right, in the order in which it went wrong; nothing begins any more. */
  heal(): void {
    this.#over = true;
    for (const running of this.#running) this.#end(running);
  }

  /** All have begun, and those that have an end of their own are over. */
  get areSpent(): boolean {
    return this.#running.every(({ fault, applied, undo }) => {
      const { lastsMs = null } = fault as { readonly lastsMs?: number | null };
      return applied && (undo === null || lastsMs === null);
    });
  }

  get outcomes(): readonly FaultOutcome[] {
    return this.#running.map(({ fault, applied, tally }) => ({ fault, applied, effective: tally.effective }));
  }

  /** Those that were never applied or had no effect, in words and with the likely reason; null when there is none. */
  get inert(): string | null {
    const lines = this.#running
      .filter(({ applied, tally }) => !applied || tally.effective === 0)
      .map((running) => {
        const { fault, applied } = running;
        const what = `${describeTiming(fault)}: ${describeFault(fault)}`;
        return applied
          ? `${what} had no effect; likely ${whyInert(fault)}`
          : `${what} was never applied; ${whyLate(running)}`;
      });
    return lines.length === 0 ? null : lines.join("\n");
  }

  #schedule(running: Running): void {
    this.#host.after(running.fault.atMs, () => this.#apply(running));
  }

  #apply(running: Running): void {
    if (this.#over) return;
    const { fault } = running;
    this.#host.tell(describeFault(fault));
    this.#host.began?.(this.#running.indexOf(running));
    running.applied = true;
    running.undo = beginFault(fault, this.#host.controls);
    running.tally = running.undo.tally;
    const { lastsMs = null } = fault as { readonly lastsMs?: number | null };
    if (lastsMs !== null) this.#host.after(lastsMs, () => this.#end(running));
  }

  #end(running: Running): void {
    const { undo } = running;
    running.undo = null;
    if (undo === null) return;
    undo.end();
    this.#host.ended?.(this.#running.indexOf(running));
  }
}

function whyLate({ fault, reached }: Running): string {
  const { after } = fault;
  const { nth = 1 } = after ?? {};
  if (after === undefined || reached >= nth) return "the run was over before its time came";
  return `its mark was reached ${reached} times of ${nth}`;
}

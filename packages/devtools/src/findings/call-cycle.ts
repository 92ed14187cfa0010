import { Doing, tickMs, type Cell } from "@espalier/runtime";
import type { Evidence, Look, Rule } from "./rule.ts";
import { thresholds } from "./thresholds.ts";
import { nameOf } from "./words.ts";

/** Slots that are looked at with each sample, and processes. */
const slotsMax = 20_000;
const cellsMax = 500;
/** Processes in a cycle. */
const lengthMax = 20;
const cyclesMax = 10;

/** Processes that wait for each other, none of which can go on. A node with very many processes is gone through in several samples. */
export class CallCycleRule implements Rule {
  readonly name = "call-cycle";
  readonly forMs = 0;
  readonly keptMs = 2_000;
  /** The process at which each was found. */
  readonly #cycles: Map<string, Cell> = new Map();
  #next = 0;

  *find(look: Look): Generator<Evidence, void, undefined> {
    const { columns, host } = look.node.kernel;
    const nowTicks = host.clock.monotonic() / tickMs;
    const leastTicks = thresholds.callCycle.waitingMs / tickMs;
    let cells = 0;
    for (let seen = 0; seen < Math.min(slotsMax, columns.length) && cells < cellsMax; seen += 1) {
      this.#next = this.#next + 1 < columns.length ? this.#next + 1 : 0;
      const slot = this.#next;
      if (columns.doing[slot] !== Doing.waiting) continue;
      if ((nowTicks - (columns.since[slot] as number)) >>> 0 < leastTicks) continue;
      cells += 1;
      const cell = columns.cells[slot];
      if (cell === null || cell === undefined || this.#cycles.size >= cyclesMax) continue;
      const cycle = cycleOf(look, cell);
      if (cycle !== null) this.#cycles.set((cycle[0] as Cell).pid.key, cycle[0] as Cell);
    }
    for (const [key, cell] of this.#cycles) {
      const cycle = cycleOf(look, cell);
      if (cycle === null) {
        this.#cycles.delete(key);
        continue;
      }
      const names = cycle.map((one) => nameOf(look, one));
      yield {
        about: key,
        severity: "critical",
        text:
          names.length === 1
            ? `${names[0]} waits for itself (${cell.waiting?.what}).`
            : `${[...names, names[0]].join(" waits for ")}: none of them can go on.`,
        hint: "Let one of them answer later, or send without waiting for an answer; a call has a limit of time, after which it fails.",
        pid: key,
      };
    }
  }
}

/** The processes of the cycle that `cell` is in, the oldest first; null: it is in none. */
function cycleOf({ node: { kernel } }: Look, cell: Cell): readonly Cell[] | null {
  const cycle: Cell[] = [];
  for (let next: Cell = cell; cycle.length < lengthMax;) {
    cycle.push(next);
    const on = next.waiting?.on;
    const other = on === undefined ? undefined : kernel.find(on);
    if (other === undefined || !other.alive) return null;
    if (other === cell) {
      const oldest = cycle.reduce((one, another) => (another.pid.serial < one.pid.serial ? another : one));
      const begin = cycle.indexOf(oldest);
      return [...cycle.slice(begin), ...cycle.slice(0, begin)];
    }
    next = other;
  }
  return null;
}

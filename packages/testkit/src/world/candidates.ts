import type { Strung } from "./agenda.ts";
import type { Strand } from "./strand.ts";

/**
 * Which of the things that are due at one time may happen first, in the order in which they became due: the first one of each strand, within
 * what the ranks of strands allow. The first of all always may.
 */
export function candidatesOf(due: readonly Strung[]): readonly Strung[] {
  const strands = new Set<Strand>();
  /** Those with something due already. */
  const machines = new Set<string>();
  /** Those that have to be done with something before anything else. */
  const held = new Set<string>();
  const candidates: Strung[] = [];
  for (const appointment of due) {
    const { strand } = appointment;
    const { machine, rank } = strand;
    const waits = machine !== null && (held.has(machine) || (rank === "behind" && machines.has(machine)));
    if (!waits && !strands.has(strand)) candidates.push(appointment);
    strands.add(strand);
    if (machine === null) continue;
    machines.add(machine);
    if (rank === "ahead") held.add(machine);
  }
  return candidates;
}

import type { Schedule } from "../scenario/plan.ts";
import type { Scenario } from "../scenario/scenario.ts";

/** Half of the runs in the order in which things become due, as faults and operations find most; the others in orders that those never give. */
const portfolio: readonly Schedule[] = [
  { type: "fifo" },
  { type: "random" },
  { type: "fifo" },
  { type: "pct", depth: 2 },
  { type: "fifo" },
  { type: "delay", bound: 2 },
  { type: "fifo" },
  { type: "pct", depth: 3 },
];

/** The schedule by which a campaign runs a seed: that of the scenario, or where it has none but the default, one of several by turns. */
export function scheduleOf(scenario: Scenario<any, any>, seed: number): Schedule {
  if (scenario.schedule.type !== "fifo") return scenario.schedule;
  return portfolio[(seed + portfolio.length - 1) % portfolio.length] as Schedule;
}

import type { Crypto } from "@espalier/runtime";
import type { WorldKind } from "../scenario/place.ts";
import type { Schedule } from "../scenario/plan.ts";
import type { Scenario } from "../scenario/scenario.ts";
import type { RunPlan } from "./run-plan.ts";

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

/** What a campaign runs all of its seeds by, instead of what suits each of them. */
export interface SameForAll {
  readonly world?: WorldKind;
  readonly schedule?: Schedule;
  /** `real` is Node's. */
  readonly crypto?: Crypto | "plain" | "real";
}

/**
 * The run that a campaign makes of a seed. Of ten simulated runs nine have the plain cryptography, which halves what they cost; those of seeds
 * that end in 1 have the real one.
 */
export function campaignPlan(
  scenario: Scenario<any, any>,
  seed: number,
  { world = "sim", schedule = scheduleOf(scenario, seed), crypto }: SameForAll = {},
): RunPlan {
  const chosen = crypto ?? (world === "sim" && seed % 10 !== 1 ? "plain" : "real");
  return { seed, schedule, ...(chosen === "real" ? {} : { crypto: chosen }) };
}

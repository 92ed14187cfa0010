import type { CampaignResult } from "../../campaign/campaign.ts";
import type { Failure } from "../../scenario/result.ts";

/** What the command ends with. The first four are those of the reference; 64 and 70 are those of BSD's sysexits.h. */
export const exitCodes = {
  clean: 0,
  failed: 1,
  nondeterministic: 2,
  untested: 3,
  unknown: 4,
  usage: 64,
  software: 70,
} as const;

/** Something that came into the run from outside is no failure of what it tests. */
export function exitCodeOfFailure({ property, what }: Pick<Failure, "property" | "what">): number {
  if (property === "ambient") return exitCodes.nondeterministic;
  // So begins what a checker says that gave up.
  return what.startsWith("unknown:") ? exitCodes.unknown : exitCodes.failed;
}

export function exitCodeOf({ failures, failed, nondeterministic, unreached, inert }: CampaignResult): number {
  const codes = failures.flatMap(({ failure }) => (failure === undefined ? [] : [exitCodeOfFailure(failure)]));
  if (failed > failures.length && codes.length === 0) codes.push(exitCodes.failed);
  if (nondeterministic !== null) codes.push(exitCodes.nondeterministic);
  if (unreached.length + inert.length > 0) codes.push(exitCodes.untested);
  return worst(codes);
}

/** A property that failed says most, and a checker that gave up least. */
export function worst(codes: readonly number[]): number {
  return codes.filter((code) => code !== exitCodes.clean).toSorted((a, b) => a - b)[0] ?? exitCodes.clean;
}

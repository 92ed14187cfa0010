import { nthMessages, type NthMessages } from "../nth-messages.ts";
import type { FaultKind } from "../kind.ts";

/** Messages that never arrive. What is not said again until it is answered breaks the link when it is lost, and everything behind it in that direction is lost as well. */
export interface Drop extends NthMessages {}

export const drop: FaultKind<Drop> = {
  check: (fields) => nthMessages.check(fields, "drop"),
  describe: (fault) => `drop ${nthMessages.describe(fault)}`,
  inert: nthMessages.inert,
  begin: (fault, controls) => nthMessages.begin(fault, { type: "drop" }, controls),
};

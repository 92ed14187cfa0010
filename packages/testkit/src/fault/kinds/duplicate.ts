import { nthMessages, type NthMessages } from "../nth-messages.ts";
import type { FaultKind } from "../kind.ts";

/** Messages that arrive twice. Only what is said again until it is answered can. */
export interface Duplicate extends NthMessages {}

export const duplicate: FaultKind<Duplicate> = {
  check: (fields) => nthMessages.check(fields, "duplicate"),
  describe: (fault) => `duplicate ${nthMessages.describe(fault)}`,
  inert: nthMessages.inert,
  begin: (fault, controls) => nthMessages.begin(fault, { type: "duplicate" }, controls),
};

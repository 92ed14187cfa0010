import { nthMessages, type NthMessages } from "../nth-messages.ts";
import type { FaultKind } from "../kind.ts";

/** Messages that arrive later than others that were sent after them, if their link lives for so long. */
export interface Hold extends NthMessages {
  /** How much later. */
  readonly holdMs: number;
}

export const hold: FaultKind<Hold> = {
  check: (fields) => ({ ...nthMessages.check(fields, "hold"), holdMs: fields.number("holdMs") }),
  describe: (fault) => `hold ${nthMessages.describe(fault)}, back by ${fault.holdMs} ms`,
  inert: nthMessages.inert,
  begin: (fault, controls) => nthMessages.begin(fault, { type: "hold", holdMs: fault.holdMs }, controls),
};

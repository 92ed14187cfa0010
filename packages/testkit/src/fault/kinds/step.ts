import type { FaultKind } from "../kind.ts";

/** A wall clock that somebody sets. It stays so. */
export interface Step {
  readonly node: string;
  /** Forward, or back if it is negative. */
  readonly byMs: number;
}

export const step: FaultKind<Step> = {
  check: (fields) => {
    const byMs = fields.number("byMs", -Number.MAX_VALUE);
    if (byMs === 0) throw fields.error("byMs", "a number other than 0");
    return { node: fields.node("node"), byMs };
  },
  describe: ({ node, byMs }) => `wall clock of ${node} ${byMs > 0 ? "forward" : "back"} by ${Math.abs(byMs)} ms`,
  inert: "its clock was not set",
  begin: ({ node, byMs }, controls) => controls.step(node, byMs),
};

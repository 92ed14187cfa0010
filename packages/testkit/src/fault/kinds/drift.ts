import type { FaultKind } from "../kind.ts";

/** A monotonic clock that goes too fast, or too slowly. */
export interface Drift {
  readonly node: string;
  /** What it counts in a second, in seconds, from 0.9 to 1.1: 1.01 is one per cent fast. */
  readonly rate: number;
  readonly lastsMs?: number | null;
}

export const drift: FaultKind<Drift> = {
  check: (fields) => {
    const rate = fields.number("rate", 0.9, 1.1);
    if (rate === 1) throw fields.error("rate", "a number other than 1");
    return { node: fields.node("node"), rate, lastsMs: fields.lastsMs() };
  },
  describe: ({ node, rate }) => `clock of ${node} at ${rate} times its rate`,
  inert: "its clock ran so already",
  begin: ({ node, rate }, controls) => controls.drift(node, rate),
};

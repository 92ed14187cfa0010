import type { FaultKind } from "../kind.ts";

/** A machine that sleeps for a while: its monotonic clock stands still, its wall clock does not. */
export interface Suspend {
  readonly node: string;
  readonly lastsMs?: number | null;
}

export const suspend: FaultKind<Suspend> = {
  check: (fields) => ({ node: fields.node("node"), lastsMs: fields.lastsMs() }),
  describe: ({ node }) => `suspend ${node}`,
  inert: "it was down or stood still already",
  begin: ({ node }, controls) => controls.suspend(node),
};

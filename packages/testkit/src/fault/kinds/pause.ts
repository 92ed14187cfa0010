import type { FaultKind } from "../kind.ts";

/** A process that stands still for a while (SIGSTOP). */
export interface Pause {
  readonly node: string;
  readonly lastsMs?: number | null;
}

export const pause: FaultKind<Pause> = {
  check: (fields) => ({ node: fields.node("node"), lastsMs: fields.lastsMs() }),
  describe: ({ node }) => `pause ${node}`,
  inert: "it was down or stood still already, or nothing was due meanwhile",
  begin: ({ node }, controls) => controls.pause(node),
};

import type { FaultKind } from "../kind.ts";

/** A process that dies at once. */
export interface Crash {
  readonly node: string;
  /** When it is started again at the same address, after the crash; 0: at once; null: not before everything is healed. */
  readonly lastsMs?: number | null;
  /** Whether its disk is empty then. */
  readonly wipe?: boolean;
  /** It is never started again, not even when everything is healed. */
  readonly forGood?: boolean;
}

export const crash: FaultKind<Crash> = {
  check: (fields) => {
    const node = fields.node("node");
    const lastsMs = fields.lastsMs();
    const wipe = fields.flag("wipe");
    if (!fields.flag("forGood")) return { node, lastsMs, ...(wipe ? { wipe } : {}) };
    if (lastsMs !== null || wipe) throw fields.error("forGood", "neither lastsMs nor wipe beside it", true);
    return { node, forGood: true };
  },
  describe: ({ node, wipe = false, forGood = false }) =>
    `crash ${node}${wipe ? ", disk and all," : ""}${forGood ? " for good" : ""}`,
  inert: "its process was down already",
  begin: ({ node, wipe = false, forGood = false }, controls) => controls.crash(node, { wipe, forGood }),
};

import type { FaultKind } from "../kind.ts";

/** A process that dies at once. */
export interface Crash {
  readonly node: string;
  /** When it is started again, after the crash; null: not before everything is healed. */
  readonly lastsMs?: number | null;
  /** Whether its disk is empty then. */
  readonly wipe?: boolean;
}

export const crash: FaultKind<Crash> = {
  check: (fields) => ({
    node: fields.node("node"),
    lastsMs: fields.lastsMs(),
    ...(fields.flag("wipe") ? { wipe: true } : {}),
  }),
  describe: ({ node, wipe = false }) => `crash ${node}${wipe ? ", disk and all," : ""}`,
  begin: ({ node, wipe = false }, controls) => controls.crash(node, { wipe }),
};

import type { Pid } from "@espalier/runtime";

/** Somebody did harm to the node on purpose: see `chaosActions`. */
export interface ChaosEvent {
  readonly type: "chaos";
  readonly action: string;
  /** What was done, in a sentence. */
  readonly text: string;
  /** The process that was struck, or whose children were; null: none in particular. */
  readonly pid: Pid | null;
}

declare module "@espalier/runtime" {
  interface NodeExtraEvents {
    readonly chaos: ChaosEvent;
  }
}

import type { Node, Pid } from "@espalier/runtime";

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

/** Tells whoever watches the node, and its flight recorder. */
export function publish({ kernel }: Node, event: ChaosEvent): void {
  if (!kernel.recorder.inTurn) kernel.lookAtClock();
  kernel.recorder.add(event);
  if (kernel.events.active) kernel.events.emit(event);
}

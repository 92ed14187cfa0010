import type { Node, NodeEvent, Pid } from "@espalier/runtime";

/** The event loop of the program did not come round for a long time, and does again. The watchdog of dev tools says so. */
export interface LoopBlockedEvent {
  readonly type: "loop.blocked";
  /** Who had the event loop when the watchdog looked; null: no process of this node. */
  readonly pid: Pid | null;
  /** Of that process; empty when there is none. */
  readonly label: string;
  /** The kind of the message that it handled; null: none, or it is not known. */
  readonly handling: string | null;
  /** Whether other processes had it, too, before it came round: none of them alone need have been slow. */
  readonly several: boolean;
  readonly blockedMs: number;
  /** Where it was when the watchdog looked, the innermost first, 16 lines at most; empty: it could not be seen. */
  readonly stack: readonly string[];
}

declare module "@espalier/runtime" {
  interface NodeExtraEvents {
    readonly loopBlocked: LoopBlockedEvent;
  }
}

/** How often the event loop was blocked, and for how long in all. */
export interface LoopBlocks {
  readonly count: number;
  readonly totalMs: number;
}

const blocks: WeakMap<Node, LoopBlocks> = new WeakMap();

/** What a watchdog has seen of the event loop of a node; null: none has watched it. */
export function loopBlocksOf(node: Node): LoopBlocks | null {
  return blocks.get(node) ?? null;
}

/** A watchdog watches the node from now on. */
export function beginLoopBlocks(node: Node): void {
  if (!blocks.has(node)) blocks.set(node, { count: 0, totalMs: 0 });
}

/** Counts it, and tells the node's listeners and its flight recorder. */
export function noteLoopBlocked(node: Node, event: LoopBlockedEvent): void {
  const { count, totalMs } = blocks.get(node) ?? { count: 0, totalMs: 0 };
  blocks.set(node, { count: count + 1, totalMs: totalMs + event.blockedMs });
  node.kernel.note(event satisfies NodeEvent);
}

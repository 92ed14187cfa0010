import type { LocalGenerator } from "@espalier/heartbeat";
import { Nodes, Process, type Down, type NodeId, type Ref } from "@espalier/runtime";
import type { Done } from "./global-asks.ts";

/** Somebody who waits for what other nodes have to say. */
interface Waiting {
  /** The nodes that have not said it yet, each with what tells that it never will. */
  readonly left: Map<NodeId, Ref>;
  readonly done: Done<void>;
}

/**
 * Waits until every node that there is a link to has said which names it knows: OTP's `global:sync`. A node where `Global` does not run says nothing, and
 * nor does one that is lost: that shows by a monitor.
 */
export class GlobalSync {
  readonly #process: string;
  readonly #isKnown: (node: NodeId) => boolean;
  readonly #waiting = new Set<Waiting>();

  constructor(process: string, isKnown: (node: NodeId) => boolean) {
    this.#process = process;
    this.#isKnown = isKnown;
  }

  *wait(done: Done<void>): LocalGenerator<void> {
    const waiting: Waiting = { left: new Map(), done };
    for (const node of yield* Nodes.list()) {
      if (!this.#isKnown(node.id)) waiting.left.set(node.id, yield* Process.monitor({ name: this.#process, node }));
    }
    if (waiting.left.size === 0) return yield* done();
    this.#waiting.add(waiting);
  }

  /** A node has said what it knows. */
  *synced(node: NodeId): LocalGenerator<void> {
    for (const waiting of [...this.#waiting]) {
      const ref = waiting.left.get(node);
      if (ref === undefined) continue;
      yield* Process.demonitor(ref, { flush: true });
      yield* this.#settled(waiting, node);
    }
  }

  /** Whether this says that a node will not say anything. */
  *ended({ ref }: Down): LocalGenerator<boolean> {
    for (const waiting of this.#waiting) {
      for (const [node, watched] of waiting.left) {
        if (!watched.equals(ref)) continue;
        yield* this.#settled(waiting, node);
        return true;
      }
    }
    return false;
  }

  *#settled(waiting: Waiting, node: NodeId): LocalGenerator<void> {
    waiting.left.delete(node);
    if (waiting.left.size > 0) return;
    this.#waiting.delete(waiting);
    yield* waiting.done();
  }
}

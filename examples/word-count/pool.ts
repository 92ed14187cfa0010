import { Server, type NodeRef } from "espalier";

interface Workers {
  /** The workers that are up, by name, and how often each was chosen. */
  readonly up: Map<string, { readonly node: NodeRef; chosen: number }>;
  /** Who waits for one. */
  readonly waiting: Server.From<NodeRef>[];
}

/** Knows which workers are up, and hands them out in turn. Who asks while there is none waits. */
export const Pool = Server.define({
  label: "pool",
  init: (): Workers => ({ up: new Map(), waiting: [] }),
  call: {
    choose({ up, waiting }) {
      const worker = [...up.values()].sort((a, b) => a.chosen - b.chosen)[0];
      if (worker === undefined) return Server.defer<NodeRef>((from) => waiting.push(from));
      worker.chosen += 1;
      return worker.node;
    },
    *add({ up, waiting }, name: string, node: NodeRef) {
      // Those that are left have been chosen often: a newcomer starts level with them.
      const others = [...up.values()].map((worker) => worker.chosen);
      up.set(name, { node, chosen: waiting.length + (others.length === 0 ? 0 : Math.min(...others)) });
      for (const from of waiting.splice(0)) yield* from.reply(node);
    },
    remove({ up }, name: string) {
      up.delete(name);
    },
  },
});
export type PoolRef = Server.RefOf<typeof Pool>;

import { Ref, suspended, type Kernel, type NodeRef, type RemoteOperation } from "@espalier/runtime";

/** How often processes were asked to move by {@link moveAtEveryYield}. */
export interface Asked {
  times: number;
}

type Cell = Parameters<Kernel["migrations"]["add"]>[0];

/**
 * From now on every process on a node that can travel goes to `next` at each operation that it performs, before it sees the outcome: that travels
 * with it, or what it waits for does. An explicit transfer is one already. Processes of native code stay.
 */
export function moveAtEveryYield(kernel: Kernel, next: NodeRef, asked: Asked): void {
  const move = (cell: Cell): void => {
    if (!cell.alive || !isMovable(cell)) return;
    asked.times += 1;
    // Nobody waits for the answer.
    kernel.migrations.add(cell, [{ ref: new Ref(kernel.root, 0), request: { node: next } }]);
  };
  for (const [type, perform] of [...kernel.handlers]) {
    if (type === "remote.transfer") continue;
    kernel.handlers.set(type, (kernel, cell, operation) => {
      try {
        return perform(kernel, cell, operation);
      } finally {
        move(cell);
      }
    });
  }
  kernel.handlers.set("remote", (kernel, cell, operation: RemoteOperation<unknown>) => {
    kernel.scheduler.enter(cell, operation.enter());
    move(cell);
    return suspended;
  });
}

/** Whether all that executes is compiled or the runtime's own. What only gives a value, as `Remote.pure` does, gives it at once. */
function isMovable({ stack, frame }: Cell): boolean {
  const entries: readonly object[] = [...(stack ?? []), ...(frame === null ? [] : [frame])];
  return entries.every(
    (entry) =>
      "marker" in entry ||
      "capture" in entry ||
      !(Symbol.iterator in entry || Object.getPrototypeOf(entry) === Object.prototype),
  );
}

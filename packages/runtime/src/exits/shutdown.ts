import { kill, shutdown, type Cause } from "@espalier/heartbeat";
import type { Cell } from "../cell.ts";
import type { Kernel } from "../kernel.ts";

/**
 * Ends everything on a node, in order: the processes without a living parent are asked to end, as a supervisor asks its children; what is
 * left of theirs is asked when they are gone; what takes longer than `patienceMs` is killed.
 */
export async function stopAll(kernel: Kernel, patienceMs: number): Promise<void> {
  kernel.stopping = true;
  await new Promise<void>((resolve) => {
    const deadline = kernel.alarms.set(patienceMs, {
      what: "shutdown",
      ring: () => {
        for (const cell of kernel.homed) ask(kernel, cell, kill);
      },
    });
    const asked = new Set<Cell>();
    const proceed = (): void => {
      if (kernel.cells.size === 0 && (kernel.adopted === null || kernel.adopted.size === 0)) {
        kernel.alarms.cancel(deadline);
        unsubscribe();
        resolve();
        return;
      }
      for (const cell of kernel.homed) {
        const parent = kernel.find(cell.parent);
        if ((parent !== undefined && parent.alive) || asked.has(cell)) continue;
        asked.add(cell);
        ask(kernel, cell, shutdown);
      }
    };
    // An exit is seen in the middle of it: what follows waits until that is done.
    let pending = false;
    const unsubscribe = kernel.events.subscribe((event) => {
      if (event.type !== "exit" || pending) return;
      pending = true;
      kernel.host.loop.soon(() => {
        pending = false;
        proceed();
      });
    });
    proceed();
  });
  await kernel.distribution?.stop();
  await Promise.all(kernel.closers.map((close) => close()));
  kernel.note({ type: "node-stopped" });
  kernel.scheduler.stop();
  kernel.alarms.clear();
}

function ask(kernel: Kernel, cell: Cell, cause: Cause): void {
  kernel.route(kernel.root, cell.pid, { type: "exit", from: kernel.root, cause, link: false });
}

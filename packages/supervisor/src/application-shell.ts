import { CauseError, shutdown, type Cause, type LocalGenerator } from "@espalier/heartbeat";
import { CallError, InKernel, Process, StartError, type Node, type Pid, type Self } from "@espalier/runtime";
import { controllerOf, NodeEnding } from "./application-controller.ts";
import type { ApplicationDefinition } from "./application-definition.ts";
import { killAllGroups } from "./application-group.ts";
import { ensureAllStarted } from "./application-manage.ts";
import { failed, succeeded, type Outcome, type StopOrders } from "./outcome.ts";

/**
 * Runs applications until an order to stop comes, or the end of one of them stops the node: starts what the application needs and then itself, as
 * permanent, and stops all that run, the last started first (R-1206).
 */
export async function runApplications(
  node: Node,
  application: ApplicationDefinition,
  { orders, stopWithinMs }: { readonly orders: StopOrders; readonly stopWithinMs: number },
): Promise<Outcome> {
  const done = new Set<Pid>();
  const unwatch = node.events.subscribe((event) => {
    if (event.type === "supervisor" && event.report.type === "auto-shutdown") done.add(event.supervisor);
  });
  let impatient = false;

  function* shell(self: Self<any>): LocalGenerator<Outcome> {
    let ordered = false;
    const unsubscribe = orders.subscribe(() => {
      if (ordered) impatient = true;
      const tell = ordered ? new InKernel((kernel) => killAllGroups(kernel)) : Process.send(self.pid, order);
      ordered = true;
      // If the node is gone by now, so are the applications, and whoever ran them has the outcome.
      node.run(tell).catch(() => {});
    });
    try {
      yield* self.trapExit();
      const controller = yield* controllerOf();
      yield* controller.call.watch(self.pid).within("infinity");
      for (const needed of application.dependencies) yield* ensureAllStarted(needed);
      yield* ensureAllStarted(application, { type: "permanent" });
      const message: unknown = yield* self.receive({
        match: (message) => message === order || message instanceof NodeEnding,
      });
      if (message instanceof NodeEnding) {
        const { tree, cause } = message;
        return { ...(isIn(done, tree) ? succeeded("done") : failed("failed")), cause };
      }
      return yield* stopAll(stopWithinMs);
    } catch (error) {
      if (!(error instanceof StartError)) throw error;
      if (impatient) return { ...failed("overdue"), cause: error.reason };
      return { ...(yield* stopAll(stopWithinMs)), ...failed("not-started"), cause: error.reason };
    } finally {
      unsubscribe();
    }
  }

  function* stopAll(withinMs: number): LocalGenerator<Outcome> {
    let cause: Cause = shutdown;
    try {
      yield* (yield* controllerOf()).call.stopAll().within(withinMs);
    } catch (error) {
      if (!(error instanceof CallError)) throw error;
      yield* new InKernel((kernel) => killAllGroups(kernel));
      impatient = true;
      cause = error.reason;
    }
    return { ...(impatient ? failed("overdue") : succeeded("stopped")), cause };
  }

  try {
    return await node.run(shell);
  } catch (error) {
    // The node was stopped by somebody else.
    if (error instanceof CauseError) return { ...failed("overdue"), cause: error.reason };
    throw error;
  } finally {
    unwatch();
  }
}

/** What the shell is told when an order comes. */
const order = { type: "order" } as const;

function isIn(pids: ReadonlySet<Pid>, pid: Pid): boolean {
  return [...pids].some((one) => one.equals(pid));
}

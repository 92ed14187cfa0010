import { CauseError, durationMs, shutdown, type Duration, type LocalGenerator } from "@espalier/heartbeat";
import { CallError, isExit, Process, StartError, type Exit, type Node, type Self } from "@espalier/runtime";
import { ApplicationDefinition } from "./application-definition.ts";
import { runApplications } from "./application-shell.ts";
import type { SupervisorDefinition } from "./definition.ts";
import { startLink, stop, type SupervisorRef } from "./manage.ts";
import { failed, succeeded, type Outcome, type StopOrders } from "./outcome.ts";

export interface ApplicationOptions<A> {
  /** What the tree's definition asks for. */
  readonly argument?: A;
  readonly orders: StopOrders;
  /** How long the tree may take to stop; its children have limits of their own. `"infinity"` unless said. */
  readonly stopWithin?: Duration;
}

/**
 * Runs a tree, or an application with all that it needs, until it is ordered to stop or ends by itself: starts children and applications in order, stops
 * them in reverse order, and says how it ended. An application is permanent: when it ends all others are stopped, and the node.
 *
 * - Order: the first order stops the tree, once it has started. A second order does not wait any longer: the tree is killed.
 * - Errors: none of the tree; they are in the outcome.
 */
export async function run<A = void>(
  node: Node,
  definition: SupervisorDefinition<A> | ApplicationDefinition,
  options: ApplicationOptions<A>,
): Promise<Outcome> {
  const { orders, stopWithin = "infinity" } = options;
  const withinMs = durationMs(stopWithin, "stopWithin");
  if (definition instanceof ApplicationDefinition) {
    return runApplications(node, definition, { orders, stopWithinMs: withinMs });
  }
  let done = false;
  let tree: SupervisorRef | null = null;
  const unwatch = node.events.subscribe((event) => {
    if (event.type !== "supervisor" || event.report.type !== "auto-shutdown") return;
    if (tree !== null && event.supervisor.equals(tree.pid)) done = true;
  });

  function* application(self: Self<Order | Exit>): LocalGenerator<Outcome> {
    let ordered = false;
    const unsubscribe = orders.subscribe((name) => {
      const tell = ordered ? Process.kill(tree?.pid ?? self.pid) : Process.send(self.pid, { type: "order", name });
      ordered = true;
      // If the node is gone by now, so is the application, and whoever ran it has the outcome.
      node.run(tell).catch(() => {});
    });
    try {
      yield* self.trapExit();
      tree = yield* startLink(definition as SupervisorDefinition<any>, options.argument);
      const message = yield* self.receive();
      if (!isExit(message)) return yield* stopTree(self, tree, withinMs);
      return { ...(done ? succeeded("done") : failed("failed")), cause: message.cause };
    } catch (error) {
      if (error instanceof StartError) return { ...failed("not-started"), cause: error.reason };
      throw error;
    } finally {
      unsubscribe();
    }
  }

  try {
    return await node.run(application);
  } catch (error) {
    // The second order came before the tree had started.
    if (error instanceof CauseError) return { ...failed("overdue"), cause: error.reason };
    throw error;
  } finally {
    unwatch();
  }
}

function* stopTree(self: Self<Order | Exit>, tree: SupervisorRef, withinMs: number): LocalGenerator<Outcome> {
  try {
    yield* stop(tree, { within: withinMs });
    return { ...succeeded("stopped"), cause: shutdown };
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    yield* Process.kill(tree.pid);
    const exit = yield* self.receive({ match: isExit });
    // It took too long, or somebody did not want to wait: a second order kills it.
    return { ...failed("overdue"), cause: exit.cause };
  }
}

interface Order {
  readonly type: "order";
  readonly name: string;
}

import { CauseError, durationMs, shutdown, type Cause, type Duration, type LocalGenerator } from "@espalier/heartbeat";
import { CallError, Process, StartError, type Exit, type Node, type Self } from "@espalier/runtime";
import type { SupervisorDefinition } from "./definition.ts";
import { startLink, stop, type SupervisorRef } from "./manage.ts";
import { isExit } from "./messages.ts";

/** Where orders to stop come from: the signals of the operating system, or a test. */
export interface StopOrders {
  /** Calls `stop` with a name for each order, such as `"SIGTERM"`, until what it returns is called. */
  subscribe(stop: (order: string) => void): () => void;
}

export interface ApplicationOptions<A> {
  /** What the tree's definition asks for. */
  readonly argument?: A;
  readonly orders: StopOrders;
  /** How long the tree may take to stop; its children have limits of their own. `"infinity"` unless said. */
  readonly stopWithin?: Duration;
}

/**
 * How an application ended.
 *
 * | why | code | |
 * | --- | --- | --- |
 * | `stopped` | 0 | it was asked to, and every process has ended |
 * | `done` | 0 | its significant children ended, and with them the tree (R-992) |
 * | `not-started` | 1 | a child did not start; nothing was left running (R-913) |
 * | `failed` | 1 | the tree ended by itself: too many restarts, or a crash (R-1204) |
 * | `overdue` | 1 | it did not stop in time, or was asked a second time: it was killed |
 */
export interface Outcome {
  readonly why: "stopped" | "done" | "not-started" | "failed" | "overdue";
  /** For the operating system: it tells the truth. */
  readonly code: 0 | 1;
  /** Why the tree ended, or did not start. */
  readonly cause: Cause;
}

/**
 * Runs a tree until it is ordered to stop or ends by itself: starts its children in order, stops them in reverse order, and says how it ended.
 *
 * - Order: the first order stops the tree, once it has started. A second order does not wait any longer: the tree is killed.
 * - Errors: none of the tree; they are in the outcome.
 */
export async function run<A = void>(
  node: Node,
  definition: SupervisorDefinition<A>,
  options: ApplicationOptions<A>,
): Promise<Outcome> {
  const { orders, stopWithin = "infinity" } = options;
  const withinMs = durationMs(stopWithin, "stopWithin");
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

function succeeded(why: "stopped" | "done"): Pick<Outcome, "why" | "code"> {
  return { why, code: 0 };
}

function failed(why: "not-started" | "failed" | "overdue"): Pick<Outcome, "why" | "code"> {
  return { why, code: 1 };
}

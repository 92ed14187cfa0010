import type { Duration } from "@espalier/heartbeat";
import { Application, type ApplicationDefinition, type Outcome, type SupervisorDefinition } from "@espalier/supervisor";
import { start, type NodeOptions } from "./node.ts";

/** What an application may be told beside its tree. */
export interface ApplicationOptions<A> extends NodeOptions {
  /** What the tree's definition asks for. */
  readonly argument?: A;
  /** How long all of it may take to stop, before it is killed: `"infinity"` unless said. */
  readonly stopWithin?: Duration;
}

/**
 * Runs a supervision tree, or an application with all that it needs, as this OS process: starts a node and the rest, in order, and stops all of it, in
 * reverse order, on SIGTERM or SIGINT or when the tree or the application ends by itself. A second signal does not wait any longer.
 *
 * The exit code is set to tell the truth: 0 when it stopped as asked or was done, 1 when it did not start, gave up or was killed.
 *
 * ```ts no-run
 * import { Application, Supervisor, type Self } from "espalier";
 *
 * function* clock(self: Self<never>) {
 *   for (;;) yield* self.receive({ within: "1s", otherwise: "tick" });
 * }
 *
 * await Application.run(Supervisor.define({ children: [Supervisor.worker("clock", clock, [])] }));
 * ```
 */
export async function run<A = void>(
  definition: SupervisorDefinition<A> | ApplicationDefinition,
  options: ApplicationOptions<A> = {},
): Promise<Outcome> {
  const { argument, stopWithin, ...nodeOptions } = options;
  // Neither processes that wait nor listeners for signals keep an OS process alive.
  const alive = setInterval(() => {}, intervalMaxMs);
  try {
    await using node = await start(nodeOptions);
    const outcome = await Application.run(node, definition, {
      ...(argument === undefined ? {} : { argument }),
      ...(stopWithin === undefined ? {} : { stopWithin }),
      orders: { subscribe: subscribeToSignals },
    });
    process.exitCode = outcome.code;
    return outcome;
  } finally {
    clearInterval(alive);
  }
}

/** What a timer of Node can hold. */
const intervalMaxMs = 2 ** 31 - 1;

const signals = ["SIGTERM", "SIGINT"] as const;

function subscribeToSignals(stop: (order: string) => void): () => void {
  for (const signal of signals) process.on(signal, stop);
  return () => {
    for (const signal of signals) process.off(signal, stop);
  };
}

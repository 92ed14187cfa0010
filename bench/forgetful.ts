import {
  faults,
  OpFailedError,
  OpUnknownError,
  scenario,
  shrinkRun,
  simulate,
  startNode,
  uniqueIds,
  type RunResult,
  type Scenario,
} from "@espalier/testkit";
import { CallError, CauseError, Process, Server, type Node, type NodeRef } from "espalier";

// A scenario with a mistake in it, to be found and made small: a counter that keeps its count in memory alone.

const Counter = Server.define({
  label: "counter",
  init: () => ({ count: 0 }),
  call: { next: (state: { count: number }) => (state.count += 1) },
});

function* next(home: NodeRef) {
  try {
    const pid = yield* Process.whereisAt(home, "counter");
    if (pid === undefined) throw new OpFailedError("there is no counter");
    return yield* Server.ref(Counter, pid).call.next();
  } catch (error) {
    if (error instanceof CauseError) throw new OpFailedError("the counter was not reached", { cause: error });
    if (error instanceof CallError) throw new OpUnknownError("the counter did not answer", { cause: error });
    throw error;
  }
}

export const forgetful: Scenario<Node> = scenario<Node>("a counter that forgets", {
  nodes: { home: {}, a: {}, b: {} },
  boot: async (place) => {
    const node = await startNode(place);
    if (place.name === "home") await node.run(Server.start(Counter, undefined, { name: "counter" }));
    return node;
  },
  workload: (w) => w.op("next", { count: 40 }, ({ node }) => node.app.run(next(node.peer("home").ref))),
  faults: faults.swarm([faults.crash(), faults.pause(), faults.partition(), faults.cut(), faults.links()]),
  always: [uniqueIds("next")],
  budget: { virtualMs: 20_000, settleMs: 20_000 },
});

/** The first run of it that fails and has at least that many faults. */
export async function firstFailure(faultsMin: number): Promise<RunResult> {
  for (let seed = 1; ; seed += 1) {
    const result = await simulate(forgetful, { seed, crypto: "plain" });
    if (!result.ok && result.plan.faults.length >= faultsMin) return result;
  }
}

/** How long it takes to make that run small, in milliseconds of the wall. */
export async function shrinkMs(failed: RunResult): Promise<number> {
  const startedMs = performance.now();
  const shrunk = await shrinkRun(forgetful, failed, { timeMs: 60_000, clock: () => performance.now() });
  const { faults, ops } = shrunk.plan;
  if (shrunk.ok || faults.length > 1 || ops.length > 2) {
    throw new Error(`expected at most 1 fault and 2 operations, got ${faults.length} and ${ops.length}`);
  }
  return performance.now() - startedMs;
}

/** How long that run takes once. */
export async function onceMs(failed: RunResult): Promise<number> {
  const startedMs = performance.now();
  const again = await simulate(forgetful, failed.plan);
  if (again.traceHash !== failed.traceHash) throw new Error("expected the same run again, got another one");
  return performance.now() - startedMs;
}

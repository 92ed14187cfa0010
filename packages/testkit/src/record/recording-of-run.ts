import { recordedText, recordingVersion, type RecordedProcess, type Recording } from "@espalier/devtools";
import type { ProcessSnapshot, RecordedLife, RunRecord } from "./run-record.ts";

/**
 * A run as the dev tools show it: who lived where and when, what happened, the faults, and what failed. Times are those of the run's world.
 * Nodes and processes have the names that the run gave them: `a`, and `a.7`, or `a.7'2` in the second life of its node.
 *
 * ```ts
 * import { stateAt } from "@espalier/devtools";
 * import { properties, recordingOfRun, scenario, simulate, startNode } from "@espalier/testkit";
 * import { Process } from "espalier";
 *
 * const greets = scenario("greets", {
 *   nodes: { a: {} },
 *   boot: (place) => startNode(place),
 *   always: [properties.noDeadlock()],
 *   workload: (w) => w.op("greet", { count: 1, on: "a" }, ({ node }) => node.app.run(function* greet() { yield* Process.sleep(10); })),
 * });
 * const { record } = await simulate(greets, { seed: 7, record: true });
 * const recording = recordingOfRun(record!);
 * const greet = recording.processes.find(({ label }) => label === "greet")!;
 * stateAt(recording, greet.fromMs!).rows.some(({ process }) => process === greet); // => true
 * recording.seed; // => 7
 * ```
 */
export function recordingOfRun(record: RunRecord): Recording {
  const ids = new Map(record.nodes.map(({ name, id }) => [name, id]));
  const idOf = (name: string): string => ids.get(name) ?? name;
  const { failure } = record;
  return {
    format: "espalier-recording",
    version: recordingVersion,
    title: recordedText(record.scenario),
    source: "chaos",
    fromMs: 0,
    toMs: record.endMs,
    wallMs: null,
    nodes: record.nodes.map(({ name, id }) => ({ id, name })),
    processes: processesOf(record, idOf),
    events: record.happened.map(({ serial, atMs, place, type, text, pids }) => ({
      ...{ serial, atMs, type, text: recordedText(text), pids },
      node: ids.get(place) ?? null,
    })),
    faults: record.faults.flatMap(({ text, fromMs, toMs, nodes, links }) =>
      fromMs === null
        ? []
        : [{ text, fromMs, toMs, nodes: [...new Set([...nodes, ...links.flat()])].map((name) => idOf(name)) }],
    ),
    failure:
      failure === null
        ? null
        : { atMs: failure.atMs, property: recordedText(failure.property), text: recordedText(failure.what) },
    seed: record.plan.seed,
    lost: record.left.events,
  };
}

function processesOf(record: RunRecord, idOf: (name: string) => string): readonly RecordedProcess[] {
  const stays = new Map(record.travellers.map((traveller) => [traveller.pid, traveller.stays]));
  const processes = new Map<string, RecordedProcess>();
  const add = (life: Omit<RecordedLife, "fromMs"> & { readonly fromMs: number | null }): void => {
    const { pid, label, name, home, parent, fromMs, toMs, cause, crashed } = life;
    processes.set(pid, {
      pid,
      shortPid: pid,
      node: idOf(home),
      label: recordedText(label),
      name: name === null ? null : recordedText(name),
      parent: parent !== null && processes.has(parent) ? parent : null,
      fromMs,
      toMs,
      cause: cause === null ? null : recordedText(cause),
      crashed,
      stays: (stays.get(pid) ?? [])
        .map((stay) => ({ node: idOf(stay.node), fromMs: stay.fromMs, toMs: stay.toMs }))
        .toSorted((a, b) => a.fromMs - b.fromMs),
    });
  };
  // Those that were there before anybody looked are known only by having lived to the end.
  const seen = new Set(record.processes.map(({ pid }) => pid));
  for (const { name, tree } of record.state) {
    for (const [process, parent] of below(tree)) {
      const { pid, label } = process;
      if (seen.has(pid) || processes.has(pid) || process.place === "guest") continue;
      add({
        pid,
        label,
        name: process.name,
        home: name,
        parent,
        fromMs: null,
        toMs: null,
        cause: null,
        crashed: false,
      });
    }
  }
  for (const life of record.processes) add(life);
  return [...processes.values()];
}

/** The processes of a tree, each after its parent. */
function* below(
  tree: readonly ProcessSnapshot[],
  parent: string | null = null,
): Iterable<readonly [process: ProcessSnapshot, parent: string | null]> {
  for (const process of tree) {
    yield [process, parent];
    yield* below(process.children, process.pid);
  }
}

import { normal, type LocalGenerator } from "@espalier/heartbeat";
import { Node, NodeAddress, Pid, Process, type Node as RunningNode, type NodeEvent } from "@espalier/runtime";
import { ManualHost } from "@espalier/runtime/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseRecording } from "../../src/recording/parse-recording.ts";
import { recordingOf } from "../../src/recording/recording-of.ts";
import { shownAfterEndMs, stateAt } from "../../src/recording/state-at.ts";

const here = new NodeAddress("here", "1");
const crashed = { type: "error", error: { name: "Error", message: "no" } } as const;

/** What may happen next: who is meant is a number modulo the number of those who live. */
const steps = fc.array(
  fc.oneof(
    { arbitrary: fc.record({ type: fc.constant("spawn" as const), who: fc.nat(5) }), weight: 4 },
    { arbitrary: fc.record({ type: fc.constant("exit" as const), who: fc.nat(5), crash: fc.boolean() }), weight: 3 },
    {
      arbitrary: fc.record({ type: fc.constant("move" as const), who: fc.nat(5), to: fc.constantFrom("b", "c") }),
      weight: 1,
    },
    { arbitrary: fc.record({ type: fc.constant("pass" as const), ms: fc.nat(1500) }), weight: 3 },
  ),
  { maxLength: 60, size: "max" },
);

interface At {
  readonly atMs: number;
  readonly event: NodeEvent;
}

/** Events of a node, as some program might have caused them. */
function eventsOf(
  script: readonly (typeof steps extends fc.Arbitrary<readonly (infer S)[]> ? S : never)[],
): readonly At[] {
  const events: At[] = [];
  const living: Pid[] = [];
  const away = new Set<Pid>();
  let atMs = 0;
  let serial = 0;
  for (const step of script) {
    const one = "who" in step && living.length > 0 ? (living[step.who % living.length] as Pid) : null;
    if (step.type === "pass") atMs += step.ms;
    else if (step.type === "spawn") {
      serial += 1;
      const pid = new Pid(here, serial);
      events.push({ atMs, event: { type: "spawn", pid, parent: one ?? new Pid(here, 0), label: `p${serial}` } });
      living.push(pid);
    } else if (one !== null && step.type === "exit") {
      const label = `p${one.serial}`;
      events.push({ atMs, event: { type: "exit", pid: one, label, cause: step.crash ? crashed : normal } });
      living.splice(living.indexOf(one), 1);
    } else if (one !== null && step.type === "move" && away.delete(one)) {
      events.push({ atMs, event: { type: "transfer.arrived", pid: one, from: step.to, missing: 0 } });
    } else if (one !== null && step.type === "move") {
      away.add(one);
      events.push({ atMs, event: { type: "transfer.started", pid: one, epoch: 0, to: step.to, bytes: 1 } });
      atMs += 10;
      events.push({ atMs, event: { type: "transfer.departed", pid: one, to: step.to } });
    }
  }
  return events;
}

async function recordedNode(events: readonly At[]): Promise<RunningNode> {
  const host = new ManualHost();
  const node = await host.wait(Node.start({ host, id: "here" }));
  const { recorder } = node.kernel;
  // It does not look at the clock meanwhile.
  recorder.inTurn = true;
  for (const { atMs, event } of events) {
    recorder.nowMs = atMs;
    recorder.add(event);
  }
  recorder.inTurn = false;
  return node;
}

/** What one who saw the events up to a time would say. */
function replayed(events: readonly At[], atMs: number): unknown {
  const seen = new Map<string, { parent: string | null; endedMs: number | null; node: string | null }>();
  for (const { event, atMs: whenMs } of events) {
    if (whenMs > atMs) break;
    if (event.type === "spawn") {
      seen.set(event.pid.key, {
        parent: event.parent.serial === 0 ? null : event.parent.key,
        endedMs: null,
        node: "here",
      });
    } else if ("pid" in event && event.pid !== null) {
      const one = seen.get(event.pid.key);
      if (one === undefined) throw new Error("expected a process that was spawned before");
      if (event.type === "exit") one.endedMs = whenMs;
      if (event.type === "transfer.started") one.node = null;
      if (event.type === "transfer.departed") one.node = event.to;
      if (event.type === "transfer.arrived") one.node = "here";
    }
  }
  const shown = [...seen].filter(([, { endedMs }]) => endedMs === null || atMs < endedMs + shownAfterEndMs);
  const pids = new Set(shown.map(([pid]) => pid));
  return shown
    .map(([pid, { parent, endedMs, node }]) => ({
      ...{ pid, parent: parent !== null && pids.has(parent) ? parent : null },
      ...{ standing: endedMs === null ? "living" : "ended", node: endedMs === null ? node : "any" },
    }))
    .toSorted((a, b) => (a.pid < b.pid ? -1 : 1));
}

test("who lived at a time is what the events up to then say (S335)", async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (script) => {
      const events = eventsOf(script);
      const recording = recordingOf(await recordedNode(events));
      expect(parseRecording(JSON.stringify(recording))).toEqual(recording);
      for (const atMs of new Set(events.flatMap(({ atMs }) => [atMs, atMs + 5, atMs + shownAfterEndMs]))) {
        const { rows, living } = stateAt(recording, atMs);
        const parents: string[] = [];
        const state = rows.map(({ process, depth, standing, node }) => {
          parents[depth] = process.pid;
          const parent = depth === 0 ? null : parents[depth - 1];
          return { pid: process.pid, parent, standing, node: standing === "living" ? node : "any" };
        });
        expect(state.toSorted((a, b) => (a.pid < b.pid ? -1 : 1))).toEqual(replayed(events, atMs));
        expect(living).toBe(rows.filter(({ standing }) => standing === "living").length);
        expect(rows.reduce((sum, { children }) => sum + children, 0)).toBe(
          rows.filter(({ depth }) => depth > 0).length,
        );
      }
    }),
    { numRuns: 40 },
  );
});

test("a recording begins later when more processes are mentioned than it may have", async () => {
  const events = Array.from({ length: 550 }, (_, index): At[] => {
    const pid = new Pid(here, index + 1);
    const spawn = { type: "spawn", pid, parent: new Pid(here, 0), label: "one" } as const;
    return [
      { atMs: index, event: spawn },
      { atMs: index + 0.5, event: { type: "exit", pid, label: "one", cause: normal } },
    ];
  }).flat();
  const recording = recordingOf(await recordedNode(events), 50);
  expect(recording.processes).toHaveLength(50);
  expect(recording.events).toHaveLength(99);
  expect(recording).toMatchObject({ lost: 1001, fromMs: 500.5 });
  expect(recording.processes[0]).toMatchObject({ shortPid: "501", fromMs: null, toMs: 500.5 });
});

test("those that live are in a recording, too, and those first that spawned others", async () => {
  const host = new ManualHost();
  const node = await host.wait(Node.start({ host }));
  void node.run(function* (): LocalGenerator<void> {
    for (let count = 1; count < 100; count += 1) yield* Process.spawn(waits);
    yield* Process.register("late", yield* Process.spawn(spawnsOne));
    yield* Process.sleep("1h");
  });
  await host.settle();
  const { events, processes } = recordingOf(node, 50);
  expect(processes).toHaveLength(50);
  expect(events.length).toBeGreaterThan(0);
  const late = processes.find(({ name }) => name === "late");
  expect(late).toMatchObject({ label: "spawnsOne", parent: processes[0]?.pid, toMs: null });
  expect(processes.at(-1)).toMatchObject({ parent: late?.pid });
});

function* waits(): LocalGenerator<void> {
  yield* Process.sleep("1h");
}

function* spawnsOne(): LocalGenerator<void> {
  yield* Process.spawn(waits);
  yield* Process.sleep("1h");
}

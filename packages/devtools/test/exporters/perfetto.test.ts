import { expect, test } from "vitest";
import type { RecordedProcess, Recording } from "../../src/protocol/recording.ts";
import { perfettoTrace } from "../../src/exporters/perfetto.ts";

const process: RecordedProcess = {
  ...{ pid: "a/1/1", shortPid: "1", node: "a", label: "shop", name: "the shop", parent: null },
  ...{ fromMs: null, toMs: null, cause: null, crashed: false, stays: [] },
};

const recording: Recording = {
  ...({ format: "espalier-recording", version: 1, title: "a shop", source: "chaos" } as const),
  ...{ fromMs: 1000, toMs: 2000, wallMs: null },
  nodes: [
    { id: "a", name: "a" },
    { id: "b", name: "b" },
  ],
  processes: [
    process,
    {
      ...process,
      ...{
        pid: "a/1/2",
        shortPid: "2",
        label: "traveller",
        parent: "a/1/1",
        fromMs: 1100,
        toMs: 1700,
        cause: "killed",
      },
      crashed: true,
      stays: [
        { node: "a", fromMs: 1100, toMs: 1200 },
        { node: "b", fromMs: 1250.4, toMs: 1500 },
        // As two nodes may say it: it was back before it had left.
        { node: "a", fromMs: 1450, toMs: 1600 },
        { node: "a", fromMs: 1550, toMs: null },
      ],
    },
  ],
  events: [
    { serial: 1, atMs: 1100, type: "spawn", text: "2 is spawned", pids: ["a/1/2"], node: "a" },
    { serial: 2, atMs: 1300, type: "node.up", text: "b is there", pids: [], node: "a" },
    { serial: 3, atMs: 1700, type: "exit", text: "2 ends: killed", pids: ["a/1/2"], node: "a" },
    { serial: 4, atMs: 1700, type: "supervisor", text: "child is started again", pids: ["a/1/1"], node: "a" },
    { serial: 5, atMs: 1800, type: "told", text: "cut", pids: [], node: null },
    // An ordinary end is the end of a slice.
    { serial: 6, atMs: 1900, type: "exit", text: "1 ends: normal", pids: ["a/1/1"], node: "a" },
  ],
  faults: [
    { text: "cut", fromMs: 1100, toMs: null, nodes: ["a", "b"] },
    { text: "slow", fromMs: 1200, toMs: 1300, nodes: ["a"] },
  ],
  failure: { atMs: 1900, property: "noLoss", text: "one was lost" },
  ...{ seed: 7, lost: 0 },
};

const { traceEvents } = JSON.parse(perfettoTrace(recording)) as { readonly traceEvents: readonly any[] };

test("each event has what its kind needs", () => {
  for (const event of traceEvents) {
    expect(["M", "X", "i", "s", "f", "b", "e"]).toContain(event.ph);
    expect(event.pid).toBeGreaterThan(0);
    expect(typeof event.name).toBe("string");
    if (event.ph === "M") continue;
    expect(Number.isSafeInteger(event.ts) && event.ts >= 0).toBe(true);
    expect(Number.isSafeInteger(event.tid)).toBe(true);
    if (event.ph === "X") expect(event.dur).toBeGreaterThanOrEqual(0);
    if (event.ph === "i") expect(["t", "g"]).toContain(event.s);
  }
});

test("no two slices of a track overlap, and each track has a name (S340)", () => {
  const tracks = Map.groupBy(
    traceEvents.filter(({ ph }) => ph === "X"),
    ({ pid, tid }) => `${pid} ${tid}`,
  );
  expect([...tracks.keys()]).toEqual(["1 1", "1 2", "2 2"]);
  for (const [key, slices] of tracks) {
    let endUs = -1;
    for (const { ts, dur } of slices.toSorted((a, b) => a.ts - b.ts)) {
      expect(ts).toBeGreaterThanOrEqual(endUs);
      endUs = ts + dur;
    }
    const names = traceEvents.filter(
      ({ ph, name, pid, tid }) => ph === "M" && name === "thread_name" && `${pid} ${tid}` === key,
    );
    expect(names).toHaveLength(1);
  }
});

test("arrows are in pairs, each from within a slice to the beginning of the next", () => {
  const slices = traceEvents.filter(({ ph }) => ph === "X");
  const isWithin = (flow: any): boolean =>
    slices.some(
      ({ pid, tid, ts, dur }) => pid === flow.pid && tid === flow.tid && ts <= flow.ts && flow.ts <= ts + dur,
    );
  const flows = Map.groupBy(
    traceEvents.filter(({ ph }) => ph === "s" || ph === "f"),
    ({ id }) => id as number,
  );
  expect(flows.size).toBe(3);
  for (const pair of flows.values()) {
    expect(pair.map(({ ph }) => ph)).toEqual(["s", "f"]);
    expect(pair.every(isWithin)).toBe(true);
  }
});

test("crashes and what supervisors did are marks, faults are spans, the failure is one for all", () => {
  const marks = traceEvents.filter(({ ph }) => ph === "i");
  expect(marks.map(({ name, pid, tid, ts }) => [name, pid, tid, ts])).toEqual([
    ["node.up", 1, 0, 300_000],
    ["crash", 1, 2, 700_000],
    ["supervisor", 1, 1, 700_000],
    ["noLoss", 1, 0, 900_000],
  ]);
  const spans = Map.groupBy(
    traceEvents.filter(({ ph }) => ph === "b" || ph === "e"),
    ({ id }) => id as string,
  );
  expect([...spans.values()].map((span) => span.map(({ ph, ts }) => `${ph} ${ts}`).join())).toEqual([
    "b 100000,e 1000000",
    "b 200000,e 300000",
  ]);
});

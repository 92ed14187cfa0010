import { parseRecording, stateAt } from "@espalier/devtools";
import { describe, expect, it } from "vitest";
import { recordingOfRun } from "../../src/record/recording-of-run.ts";
import type { RunRecord } from "../../src/record/run-record.ts";
import { run } from "./fixture.ts";

async function recorded(seed: number): Promise<RunRecord> {
  const { record } = await run(seed, true);
  if (record === undefined) throw new Error("expected a record");
  return record;
}

/** Who lived after the events up to a time. */
function livingAfter({ happened }: RunRecord, atMs: number): readonly string[] {
  const living = new Set<string>();
  for (const { type, pids, atMs: whenMs } of happened) {
    if (whenMs > atMs) break;
    if (type === "spawn") living.add(pids[0] as string);
    if (type === "exit") living.delete(pids[0] as string);
  }
  return [...living].toSorted();
}

describe("a run as the dev tools show it", { timeout: 60_000 }, () => {
  it("is a recording, the same each time, with the faults, the failure and the seed", async () => {
    const recording = recordingOfRun(await recorded(1));
    expect(parseRecording(JSON.stringify(recording))).toEqual(recording);
    expect(recordingOfRun(await recorded(1))).toEqual(recording);
    expect(recording).toMatchObject({
      title: "a parcel is delivered once",
      source: "chaos",
      wallMs: null,
      nodes: [{ name: "alice" }, { name: "bob" }],
      faults: [{ text: expect.stringContaining("partition"), nodes: recording.nodes.map(({ id }) => id).toReversed() }],
      failure: { property: "every step is taken once", atMs: recording.toMs },
      seed: 1,
      lost: 0,
    });
  });

  it("has at each time those processes that were spawned and had not ended", async () => {
    const record = await recorded(1);
    const recording = recordingOfRun(record);
    const times = [...new Set(record.happened.map(({ atMs }) => atMs))];
    expect(times.length).toBeGreaterThan(20);
    for (const atMs of times) {
      const { rows } = stateAt(recording, atMs);
      const living = rows.filter(({ standing }) => standing === "living").map(({ process }) => process.pid);
      expect(living.toSorted()).toEqual(livingAfter(record, atMs));
    }
  });

  it("says where a process was that moved, under whoever spawned it", async () => {
    const recording = recordingOfRun(await recorded(1));
    const [alice, bob] = recording.nodes.map(({ id }) => id);
    const [first] = recording.processes.filter(({ stays }) => stays.length > 0);
    expect(first?.stays.map(({ node }) => node)).toEqual([alice, bob]);
    expect(first).toMatchObject({ node: alice, crashed: true, cause: "unresponsive: bob" });
    const { rows } = stateAt(recording, first?.stays[1]?.fromMs as number);
    const index = rows.findIndex(({ process }) => process === first);
    expect(rows[index]).toMatchObject({ node: bob, depth: 1 });
    expect(recording.processes.find(({ pid }) => pid === first?.parent)).toMatchObject({ label: "deliver" });
    expect(recording.processes.find(({ name }) => name === "ledger")).toMatchObject({ label: "keep", parent: null });
  });
});

import { expect, test } from "vitest";
import { barsPath, densityOf } from "../src/browser/timeline/density.ts";
import { laneOf, lanesOf } from "../src/browser/timeline/lanes.ts";
import { firstAfter, nearestOf, nextOf, previousOf } from "../src/browser/timeline/steps.ts";
import { momentOf, timeText, wallOf } from "../src/browser/timeline/times.ts";
import { placeOf, showing, ticksOf, wholeOf, zoomed } from "../src/browser/timeline/view.ts";
import type { RecordedProcess, Recording } from "../src/protocol/recording.ts";

const whole = { fromMs: 1_000, toMs: 11_000 };

test("zooms around a moment, which stays where it is", () => {
  const near = zoomed(whole, whole, 0.5, 3_500);
  expect(near).toEqual({ fromMs: 2_250, toMs: 7_250 });
  expect(placeOf(near, 3_500)).toBe(placeOf(whole, 3_500));
});

test("zooms out to the whole at most, and in to a millisecond at least", () => {
  expect(zoomed({ fromMs: 2_000, toMs: 3_000 }, whole, 100, 2_500)).toEqual(whole);
  const nearest = zoomed(whole, whole, 1e-9, 5_000);
  expect(nearest.toMs - nearest.fromMs).toBeCloseTo(1);
  expect(wholeOf({ fromMs: 5, toMs: 5 })).toEqual({ fromMs: 5, toMs: 6 });
});

test("moves a view no further than to its edges, and only when the moment is not in it", () => {
  const view = { fromMs: 2_000, toMs: 4_000 };
  expect(showing(view, whole, 3_999)).toEqual(view);
  expect(showing(view, whole, 6_000)).toEqual({ fromMs: 5_000, toMs: 7_000 });
  expect(showing(view, whole, 10_900)).toEqual({ fromMs: 9_000, toMs: 11_000 });
});

test("puts marks at round moments", () => {
  expect(ticksOf(whole, 6)).toEqual({ stepMs: 2_000, atMs: [2_000, 4_000, 6_000, 8_000, 10_000] });
  expect(ticksOf({ fromMs: 0, toMs: 10 * 86_400_000 }, 5).stepMs).toBe(2 * 86_400_000);
});

test("finds the moment after, the one before, and the first of those at the same time", () => {
  const times = [1, 2, 2, 2, 5];
  expect([nextOf(times, 0), nextOf(times, 2), nextOf(times, 5)]).toEqual([1, 5, null]);
  expect([previousOf(times, 5), previousOf(times, 2), previousOf(times, 1)]).toEqual([2, 1, null]);
  expect([firstAfter(times, 2, true), firstAfter(times, 2)]).toEqual([1, 4]);
});

test("goes to the event nearby, and stays where none is", () => {
  const events = [{ atMs: 100 }, { atMs: 120 }];
  expect([nearestOf(events, 112, 25), nearestOf(events, 104, 25), nearestOf(events, 200, 25)]).toEqual([120, 100, 200]);
});

test("counts what is in each column of a view, its edges included", () => {
  expect(densityOf([0, 1_000, 1_100, 3_500, 11_000, 12_000], whole, 4)).toEqual([2, 1, 0, 1]);
  expect(barsPath([0, 1, 0, 7], 8)).toBe("M1 8V5.33H2V8ZM3 8V0.00H4V8Z");
  expect(barsPath([0, 0], 8)).toBe("");
});

const process = (more: Partial<RecordedProcess>): RecordedProcess => ({
  ...{ pid: "a/1/1", shortPid: "1", node: "a", label: "worker", name: null, parent: null },
  ...{ fromMs: null, toMs: null, cause: null, crashed: false, stays: [] },
  ...more,
});
const event = (type: string, atMs: number): Recording["events"][number] => ({
  ...{ serial: atMs, atMs, type, text: type, pids: [], node: "a" },
});

test("sorts events into lanes by what their type begins with, and crashes by the processes that they ended", () => {
  expect(["spawn", "supervisor", "node.up", "transfer.lost", "heartbeat.reset", "devtools.action"].map(laneOf)).toEqual(
    [...["processes", "supervisors", "nodes", "moves", "lifetimes", "actions"]],
  );
  expect(["dead-letter", "constructor", "toString.x"].map(laneOf)).toEqual(["other", "other", "other"]);
  const processes = [process({ crashed: true, toMs: 9 }), process({ crashed: true, toMs: 4 }), process({ toMs: 5 })];
  expect(lanesOf({ processes, events: [event("spawn", 1), event("link", 2), event("exit", 4)] })).toEqual([
    { id: "crashes", timesMs: [4, 9] },
    { id: "processes", timesMs: [1, 4] },
    { id: "other", timesMs: [2] },
  ]);
});

test("counts from the end to the wall clock, and back", () => {
  const clock = { fromMs: 0, toMs: 500, wallMs: 1_800_000_000_500 };
  expect(wallOf(clock, 100)).toBe(1_800_000_000_100);
  expect(momentOf(clock, 1_800_000_000_100)).toBe(100);
  const simulated = { ...clock, fromMs: 100, wallMs: null };
  expect([wallOf(simulated, 1), momentOf(simulated, 1)]).toEqual([null, null]);
  expect(timeText(simulated, 1_350, 100)).toBe("1.250\u00a0s");
});

import { expect, test } from "vitest";
import type { Tally } from "../src/fault/controls.ts";
import { Bottleneck } from "../src/network/bottleneck.ts";
import { Timeline } from "../src/world/timeline.ts";

function setUp() {
  const timeline = new Timeline();
  const bottleneck = new Bottleneck(timeline);
  const through: (readonly [what: string, atMs: number])[] = [];
  const pass = (what: string, bytes: number): void =>
    bottleneck.pass(bytes, () => through.push([what, timeline.nowMs]));
  const run = (forMs: number): void => {
    timeline.at(timeline.nowMs + forMs, () => {});
    for (const untilMs = timeline.nowMs + forMs; timeline.nowMs < untilMs;) timeline.step();
  };
  return { run, bottleneck, through, pass };
}

const tally = (): Tally => ({ effective: 0 });

test("lets bytes through one after another, at the tightest of its limits", () => {
  const { run, bottleneck, through, pass } = setUp();
  const [wide, narrow] = [tally(), tally()];
  bottleneck.limit(wide, 10_000);
  bottleneck.limit(narrow, 1_000);
  pass("one", 10);
  pass("two", 20);
  run(100);
  expect(through).toEqual([
    ["one", 10],
    ["two", 30],
  ]);
  expect([wide, narrow]).toEqual([{ effective: 2 }, { effective: 2 }]);
});

test("lets everything go on at once when its last limit is lifted, in order, and each thing once", () => {
  const { run, bottleneck, through, pass } = setUp();
  const [wide, narrow] = [tally(), tally()];
  bottleneck.limit(wide, 2);
  bottleneck.limit(narrow, 1);
  pass("one", 10);
  pass("two", 20);
  run(100);
  bottleneck.lift(wide);
  expect(through).toEqual([]);
  bottleneck.lift(narrow);
  pass("three", 1);
  const atOnce = [
    ["one", 100],
    ["two", 100],
    ["three", 100],
  ];
  expect(through).toEqual(atOnce);
  run(60_000);
  expect(through).toEqual(atOnce);
});

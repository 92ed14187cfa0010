import type { Pid, Self } from "@espalier/runtime";
import { expect, test } from "vitest";
import { prometheusText } from "../../src/exporters/prometheus.ts";
import { noteLoopBlocked } from "../../src/observing/loop-blocked.ts";
import { Bench } from "../observing/bench.ts";

const stack = [
  "at now (node:internal/perf:1:1)",
  "at charge (file:///shop/till.ts:12:3)",
  "at pay (file:///shop/till.ts:4:1)",
];

test("loop-blocked: names the process that had the event loop, for a minute", async () => {
  const bench = await Bench.start();
  let pid: Pid<any> | null = null;
  await bench.begin(function* (self: Self<any>) {
    pid = self.pid;
    yield* self.receive();
  } as never);
  const found = () => bench.observer.findings().filter(({ rule }) => rule === "loop-blocked");
  bench.observer.sample();
  const { node } = bench;
  const event = { type: "loop.blocked", pid, label: "till", handling: "cast pay", several: false, stack } as const;
  noteLoopBlocked(node, { ...event, blockedMs: 812.4 });
  await bench.watch(1);
  const { serial, key } = pid as unknown as Pid;
  expect(found()).toMatchObject([
    {
      ...{ id: `loop-blocked:${key}`, severity: "warning", pid: key },
      text: `The event loop was blocked for 812 ms by till ${serial}, handling cast pay, at charge (file:///shop/till.ts:12:3).`,
    },
  ]);
  await bench.watch(59);
  expect(found()).toHaveLength(1);
  await bench.watch(2);
  expect(found()).toEqual([]);
  noteLoopBlocked(node, { ...event, pid: null, label: "", handling: null, several: true, stack: [], blockedMs: 2_000 });
  await bench.watch(1);
  expect(found()).toMatchObject([
    {
      ...{ id: "loop-blocked:", severity: "critical", pid: null },
      text: "The event loop was blocked for 2000 ms by several processes, at last none of this node's processes.",
    },
  ]);
  const lines = prometheusText(node).split("\n");
  expect(lines).toContain("espalier_event_loop_blocks_total 2");
  expect(lines).toContain("espalier_event_loop_blocked_milliseconds_total 2812.4");
});

import { describe, expect, it } from "vitest";
import type { RecordedEvent, RecordedMessage, RunRecord } from "../../src/record/run-record.ts";
import { storyOf } from "../../src/report/story.ts";
import { run } from "./fixture.ts";

const base: RunRecord = {
  format: "espalier-run",
  version: 1,
  scenario: "s",
  world: "sim",
  plan: { seed: 1, faults: [], ops: [], schedule: { type: "fifo" } },
  traceHash: "0",
  events: 0,
  bootedMs: 0,
  healedMs: null,
  endMs: 1_000,
  nodes: ["a", "b", "c"].map((name) => ({ name, id: name, states: [], clocks: [] })),
  messages: [],
  sessions: [],
  faults: [],
  happened: [],
  processes: [],
  travellers: [],
  heartbeats: [],
  leases: [],
  leaseMs: null,
  marks: [],
  history: [],
  state: [],
  failure: { property: "p", what: "a.7 on b acted twice", atMs: 1_000 },
  left: { messages: 0, events: 0, processes: 0 },
};

const event = (
  serial: number,
  place: string,
  type: string,
  text: string,
  pids: readonly string[] = [],
): RecordedEvent => ({
  serial,
  atMs: serial,
  place,
  type,
  text,
  pids,
  nodes: [],
});

const message = (from: string, to: string, serial: number, arrivedSerial: number): RecordedMessage => ({
  serial,
  from,
  to,
  kind: "signal.message",
  bytes: 1,
  sentMs: serial,
  arrivedMs: arrivedSerial,
  arrivedSerial,
  fate: "delivered",
  againMs: [],
  fault: null,
  pid: null,
});

describe("the story of a failure", () => {
  it("has at most fifteen lines, in order, with the fault that bit first and the failure last", async () => {
    const { record, failure } = await run(1, true);
    if (record === undefined) throw new Error("expected a record");
    const story = storyOf(record);
    expect(failure?.story).toEqual(story);
    expect(story.length).toBeGreaterThan(5);
    expect(story.length).toBeLessThanOrEqual(15);
    const times = story.map((line) => Number.parseFloat(line));
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(story.join("\n")).toMatch(/fault {5}partition bob > alice for 3000 ms/);
    expect(story.join("\n")).toMatch(/sets out for bob/);
    expect(story.join("\n")).toMatch(/the verdict: bob is lost/);
    expect(story.at(-1)).toMatch(/FAILED every step is taken once: alice took the steps/);
  });

  it("leaves out what cannot have led there: what a node did that nobody heard of since", () => {
    const happened = [
      event(1, "a", "node.verdict", "early"),
      event(2, "c", "node.verdict", "heard of"),
      event(5, "c", "node.verdict", "not heard of"),
      event(6, "b", "node.verdict", "late"),
    ];
    // c tells a, and a tells b: b is where it failed.
    const messages = [message("c", "a", 3, 4), message("a", "b", 4.5, 5.5)];
    const failure = { property: "p", what: "b is wrong", atMs: 10 };
    const story = storyOf({ ...base, happened, messages, failure }).join("\n");
    expect(story).toMatch(/early.*heard of.*late.*FAILED/s);
    expect(story).not.toContain("not heard of");
  });

  it("keeps what the failure names among much else, and says once what comes again", () => {
    const beats = Array.from({ length: 12 }, (_, n) => event(n + 10, "a", "node.suspected", `b is silent for ${n} ms`));
    const others = Array.from({ length: 40 }, (_, n) =>
      event(n + 100, "a", `transfer.granted`, `x${n}y may act`, [`a.${n + 20}`]),
    );
    const its = event(5, "a", "transfer.granted", "travel a.7 may act here, as epoch 1", ["a.7"]);
    const story = storyOf({ ...base, happened: [its, ...beats, ...others] });
    expect(story.join("\n")).toContain("travel a.7 may act here");
    const few = storyOf({ ...base, happened: [its, ...beats] });
    expect(few).toHaveLength(3);
    expect(few[1]).toContain("… and 11 more like it until 21 ms");
  });

  it("is empty when nothing failed", () => {
    expect(storyOf({ ...base, failure: null })).toEqual([]);
  });
});

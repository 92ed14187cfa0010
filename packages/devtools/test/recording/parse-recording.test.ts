import { expect, test } from "vitest";
import type { Recording } from "../../src/protocol/recording.ts";
import { parseRecording } from "../../src/recording/parse-recording.ts";
import { RecordingError } from "../../src/recording/recorded-fields.ts";

const process = {
  ...{ pid: "a/1/1", shortPid: "1", node: "a", label: "shop", name: "shop", parent: null },
  ...{ fromMs: null, toMs: null, cause: null, crashed: false, stays: [] },
};

const recording: Recording = {
  ...({ format: "espalier-recording", version: 1, title: "a shop", source: "chaos" } as const),
  ...{ fromMs: 0, toMs: 100, wallMs: null },
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
        name: null,
        parent: "a/1/1",
        fromMs: 1,
        toMs: 50,
        cause: "killed",
        crashed: true,
      },
      stays: [
        { node: "a", fromMs: 1, toMs: 20 },
        { node: "b", fromMs: 22, toMs: 50 },
      ],
    },
  ],
  events: [
    { serial: 1, atMs: 1, type: "spawn", text: "2 is spawned by 1", pids: ["a/1/2"], node: "a" },
    { serial: 2, atMs: 60, type: "told", text: "cut", pids: [], node: null },
  ],
  faults: [{ text: "cut a and b", fromMs: 20, toMs: null, nodes: ["a", "b"] }],
  failure: { atMs: 60, property: "noLoss", text: "one was lost" },
  ...{ seed: 7, lost: 0 },
};

test("what is written is read", () => {
  expect(parseRecording(JSON.stringify(recording))).toEqual(recording);
});

/** The same with one field changed, by its path. */
function changed(path: string, value: unknown): string {
  const copy: any = structuredClone(recording);
  const keys = path.split(".");
  const last = keys.pop() as string;
  const holder = keys.reduce((object, key) => object[key], copy);
  if (value === undefined) delete holder[last];
  else holder[last] = value;
  return JSON.stringify(copy);
}

test.for<[what: string, text: string, message: string]>([
  ["no JSON", "{", "recording: expected JSON"],
  ["no object", "null", 'format: expected "espalier-recording", got nothing'],
  ["another format", changed("format", "espalier-run"), 'format: expected "espalier-recording", got "espalier-run"'],
  ["another version", changed("version", 2), "version: expected 1, got 2: another version of Espalier wrote it"],
  ["a field too many", changed("colour", "red"), "the file: expected the fields format, version"],
  ["a field too few", changed("lost", undefined), "the file.lost: expected something, got nothing"],
  ["an end before the beginning", changed("toMs", -1), "the file.toMs: expected 0 or later, got -1"],
  ["no number", changed("fromMs", "0"), 'the file.fromMs: expected a number, got "0"'],
  // What JSON.parse makes of 1e999.
  [
    "a number without end",
    changed("toMs", 60).replace('"toMs":60', '"toMs":1e999'),
    "the file.toMs: expected a number",
  ],
  [
    "one node twice",
    changed("nodes.1.id", "a"),
    'the file.nodes[1].id: expected another id than the nodes before it, got "a"',
  ],
  ["one process twice", changed("processes.1.pid", "a/1/1"), "the file.processes[1].pid: expected another pid"],
  [
    "a parent that comes later",
    changed("processes.0.parent", "a/1/2"),
    "the file.processes[0].parent: expected null, or the pid",
  ],
  [
    "an unknown node",
    changed("processes.0.node", "c"),
    "the file.processes[0].node: expected the id of one of its nodes",
  ],
  ["no flag", changed("processes.0.crashed", 1), "the file.processes[0].crashed: expected true or false, got 1"],
  [
    "a life that ends before it begins",
    changed("processes.1.toMs", 0),
    "the file.processes[1].toMs: expected 1 or later, got 0",
  ],
  [
    "stays out of order",
    changed("processes.1.stays.1.fromMs", 0),
    "the file.processes[1].stays[1].fromMs: expected 1 or later",
  ],
  [
    "events out of order",
    changed("events.1.atMs", 0),
    "the file.events[1].atMs: expected 1 or later: events are in order, got 0",
  ],
  ["a serial that is none", changed("events.0.serial", 1.5), "the file.events[0].serial: expected a whole number"],
  [
    "too much text",
    changed("title", "x".repeat(10_001)),
    "the file.title: expected at most 10000 characters, got 10001",
  ],
  [
    "too many",
    changed("events.0.pids", Array(101).fill("p")),
    "the file.events[0].pids: expected at most 100 of them, got 101",
  ],
  ["another source", changed("source", "tv"), 'the file.source: expected one of "node", "chaos", got "tv"'],
])("%s is refused by name (S336)", ([, text, message]) => {
  expect(() => parseRecording(text)).toThrow(RecordingError);
  expect(() => parseRecording(text)).toThrow(message);
});

import { beforeAll, describe, expect, it } from "vitest";
import {
  campaign,
  parseReplayFile,
  printReplayFile,
  property,
  replay,
  type ReplayFile,
  replayFileOf,
  type RunResult,
  simulate,
} from "../../src/index.ts";
import { counting } from "./counting.ts";

const broken = counting({ brokenMs: 200 });

/** A run that failed under every kind of plan that a file can hold. */
let failed: RunResult;
let file: ReplayFile;
let text: string;

beforeAll(async () => {
  const { shrunk } = await campaign(broken, { seeds: 1_000, failuresMax: 1 });
  failed = shrunk as RunResult;
  file = await replayFileOf(broken, failed, { module: "./counting.ts", node: "24.0.0" });
  text = printReplayFile(file);
});

/** The file's text with one field another, or without it. */
const edited = (field: string, value: unknown): string => {
  const fields = JSON.parse(text) as Record<string, unknown>;
  return JSON.stringify({ ...fields, [field]: value });
};

describe("a replay file", { timeout: 60_000 }, () => {
  it("holds all that the run was, and is read as it was written", async () => {
    expect(parseReplayFile(text)).toEqual(file);
    expect(file).toMatchObject({
      kit: 1,
      scenario: "counting",
      module: "./counting.ts",
      world: "sim",
      property: "settled",
    });
    expect(file.bytes).toHaveLength(failed.events);
    const others: Partial<ReplayFile>[] = [
      { schedule: { type: "pct", depth: 3 } },
      { schedule: { type: "delay", bound: 2 } },
      { schedule: { type: "listed", deviations: [[4, 1]] } },
      { module: null, faults: [], ops: [] },
      { crypto: "plain" },
      { world: "process", bytes: new Uint8Array(0), traceHash: "" },
    ];
    for (const other of others) {
      const changed = { ...file, ...other };
      expect(parseReplayFile(printReplayFile(changed))).toEqual(changed);
    }
  });

  it("is read by people too: a line for each fault and operation", () => {
    const lines = text.split("\n");
    for (const fault of failed.plan.faults) expect(lines).toContain(`    ${JSON.stringify(fault)}`);
    for (const op of failed.plan.ops) expect(lines).toContain(`    ${JSON.stringify(op)}`);
  });

  it("is not made of a run that held", async () => {
    const held = await simulate(counting(), { seed: 1 });
    await expect(replayFileOf(broken, held, { module: null, node: "24.0.0" })).rejects.toThrow(
      "result: expected a run that failed, got one that held",
    );
  });

  it.each<[field: string, value: unknown, message: string]>([
    [
      "kit",
      2,
      "replay file: kit: expected version 1, got 2: another version of the testkit wrote it; run its scenario again under its seed",
    ],
    ["kit", undefined, "kit: expected version 1, got undefined"],
    ["scenario", "", "scenario: expected some text"],
    ["module", 1, "module: expected some text, got 1"],
    ["world", "moon", 'world: expected one of sim, process, got "moon"'],
    ["node", null, "node: expected some text, got null"],
    ["nodes", "a", 'nodes: expected a list, got "a"'],
    ["nodes", [1], "nodes[0]: expected some text, got 1"],
    ["seed", 2 ** 53, "seed: expected a whole number from 0 to 9007199254740991, got 9007199254740992"],
    ["seed", -1, "seed: expected a whole number from 0 to 9007199254740991, got -1"],
    ["seed", 1.5, "seed: expected a whole number from 0"],
    ["seed", "7", 'seed: expected a whole number from 0 to 9007199254740991, got "7"'],
    ["faults", {}, "faults: expected a list, got {}"],
    ["faults", [{ atMs: 1, type: "flood" }], "replay file: faults[0].type: expected one of"],
    ["faults", [{ atMs: 1, type: "crash", node: "z" }], "replay file: faults[0].node: expected one of a, b"],
    ["ops", [null], "ops[0]: expected an object, got null"],
    ["ops", [{ op: "raise", n: 0, atMs: 1, node: "a" }], "ops[0].n: expected a whole number from 1"],
    ["ops", [{ op: "raise", n: 1, atMs: -1, node: "a" }], "ops[0].atMs: expected a number of at least 0, got -1"],
    ["ops", [{ op: "raise", n: 1, atMs: 1, node: "z" }], 'ops[0].node: expected one of a, b, got "z"'],
    [
      "ops",
      [{ op: "raise", n: 1, atMs: 1, node: "a", on: 1 }],
      'ops[0]: expected the fields op, n, atMs, node, args, got "on"',
    ],
    ["schedule", { type: "fair" }, 'schedule.type: expected one of fifo, random, pct, delay, listed, got "fair"'],
    ["schedule", { type: "pct", depth: 0 }, "schedule.depth: expected a whole number from 1"],
    ["schedule", { type: "delay" }, "schedule.bound: expected a whole number from 0"],
    [
      "schedule",
      { type: "listed", deviations: [[1]] },
      "schedule.deviations[0]: expected a choice and an index, got [1]",
    ],
    ["schedule", { type: "listed", deviations: [[1, -1]] }, "schedule.deviations[0][1]: expected a whole number"],
    ["crypto", "rot13", 'crypto: expected one of plain, got "rot13"'],
    ["property", undefined, "property: expected some text, got undefined"],
    ["traceHash", "xyz", 'traceHash: expected 16 hexadecimal digits, got "xyz"'],
    ["bytes", "?", 'bytes: expected base64, got "?"'],
    ["bytes", "", "events, got 0"],
    ["colour", "red", 'got "colour"'],
  ])("is refused when its %s is %j, with what was expected", (field, value, message) => {
    expect(() => parseReplayFile(edited(field, value))).toThrow(message);
  });

  it("is refused when it is no JSON, or no object", () => {
    expect(() => parseReplayFile("{")).toThrow("replay file: expected JSON: ");
    expect(() => parseReplayFile("[]")).toThrow("replay file: the file: expected an object, got []");
    expect(() => parseReplayFile("null")).toThrow("the file: expected an object, got null");
  });
});

describe("a replay", { timeout: 60_000 }, () => {
  it("does the same to the last event", async () => {
    const replayed = await replay(broken, file);
    expect(replayed).toMatchObject({ failsAlike: true, departure: null });
    expect(replayed.result.traceHash).toBe(failed.traceHash);
    expect(replayed.text).toBe(failed.failure?.text);
  });

  it("says at which event changed code leaves the recorded run, and that the property holds now (S151)", async () => {
    const replayed = await replay(counting(), file);
    expect(replayed).toMatchObject({ failsAlike: false, result: { ok: true } });
    const { event, recorded, lines } = replayed.departure!;
    expect(recorded).toBe(failed.events);
    expect(event).toBeGreaterThan(0);
    expect(event).toBeLessThanOrEqual(recorded);
    expect(lines.length).toBeGreaterThan(0);
    expect(replayed.text).toContain(`is not the recorded one from event ${event} of ${recorded} on`);
    expect(replayed.text).toContain("settled does not fail any more under this plan");
  });

  it("says when changed code fails in another way", async () => {
    const other = counting({ brokenMs: 200, eventually: [property("other", () => "is wrong")] });
    const replayed = await replay(other, file);
    expect(replayed).toMatchObject({ failsAlike: false, result: { ok: false } });
    expect(replayed.text).toContain("it fails in another way than the recorded run, which was: settled:");
  });

  it("refuses a scenario that the file cannot be run by", async () => {
    const { name } = counting({});
    await expect(replay({ ...broken, name: "other" }, file)).rejects.toThrow(
      `scenario: expected "other", got "${name}"`,
    );
    await expect(replay(counting({ nodes: { a: {} } }), file)).rejects.toThrow(
      "nodes: expected those of the scenario, a, got a, b: the scenario has changed since",
    );
    await expect(replay(counting({ workload: (w) => w.op("lower", () => {}) }), file)).rejects.toThrow(
      'ops: expected operations of the scenario (lower), got "raise": the scenario has changed since',
    );
  });
});

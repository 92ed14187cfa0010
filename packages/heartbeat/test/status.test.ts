import type { HeartbeatStatus } from "@espalier/heartbeat";
import { expired, lostWith, parseStatus, stopped, supersedes } from "@espalier/heartbeat";
import { describe, expect, test } from "vitest";

const live = (epoch: number, version: number): HeartbeatStatus => ({ state: "live", remainingMs: 5, epoch, version });
const end: HeartbeatStatus = { state: "stopped", cause: stopped, epoch: 0, version: 1 };

describe("supersedes", () => {
  test.each<[string, HeartbeatStatus, HeartbeatStatus, boolean]>([
    ["live over unknown", live(0, 1), { state: "unknown" }, true],
    ["unknown never", { state: "unknown" }, live(0, 1), false],
    ["a higher version over a lower one (H4)", live(0, 2), live(0, 1), true],
    ["a lower version not over a higher one (H4)", live(0, 1), live(0, 2), false],
    ["a higher epoch over any version (H4)", live(1, 1), live(0, 9), true],
    ["the same answer not over itself", live(1, 1), live(1, 1), false],
    ["an end over the highest live answer (P1)", end, live(9, 9), true],
    ["live never over an end (P1)", live(9, 9), end, false],
    ["no end over another (P2)", lostWith("b"), end, false],
    ["forgotten over live", { state: "forgotten" }, live(9, 9), true],
    ["the cause over forgotten", end, { state: "forgotten" }, true],
    ["forgotten not over the cause", { state: "forgotten" }, end, false],
  ])("%s", (_, next, known, answer) => {
    expect(supersedes(next, known)).toBe(answer);
  });
});

describe("parseStatus", () => {
  test.each<HeartbeatStatus>([
    live(0, 1),
    { state: "live", remainingMs: Infinity, epoch: 0, version: 1 },
    end,
    { state: "failed", cause: { type: "exit", reason: [1] }, epoch: 2, version: 3 },
    { state: "expired", cause: expired, epoch: 0, version: 0 },
    lostWith("b"),
    { state: "forgotten" },
    { state: "unknown" },
  ])("gives back %j", (status) => {
    expect(parseStatus({ ...status, extra: 1 })).toEqual(status);
  });

  test.each([
    [null, "status: expected an object, got null"],
    [{}, "status.state: expected the state of a heartbeat, got undefined"],
    [{ state: "due" }, 'status.state: expected the state of a heartbeat, got "due"'],
    [{ state: "live" }, "status.remainingMs: expected a number ≥ 0, got undefined"],
    [{ state: "live", remainingMs: NaN }, "status.remainingMs: expected a number ≥ 0, got NaN"],
    [{ state: "live", remainingMs: 1, epoch: -1 }, "status.epoch: expected a whole number ≥ 0, got -1"],
    [{ state: "live", remainingMs: 1, epoch: 0, version: 0.5 }, "status.version: expected a whole number ≥ 0, got 0.5"],
    [{ state: "stopped", epoch: 0, version: 0 }, "status.cause: expected an object, got undefined"],
  ])("refuses %j", (data, message) => {
    expect(() => parseStatus(data)).toThrow(new TypeError(message));
  });
});

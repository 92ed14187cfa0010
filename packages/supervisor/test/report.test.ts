import { killed, normal, shutdown } from "@espalier/heartbeat";
import { describe, expect, it } from "vitest";
import { describeReport } from "../src/report.ts";
import type { SupervisorReport } from "../src/state.ts";
import { broken, crash } from "./drive.ts";

const intensity = { restarts: 2, withinSeconds: 5 };
const db = { id: "db", pid: "Pid(7)" } as const;

describe("what a supervisor writes into the log", () => {
  it.each<SupervisorReport<string>>([
    { type: "child-started", ...db, added: true },
    { type: "child-stopping", ...db, byHand: true },
    { type: "restarting", id: "db", attempts: 1, intensity, nowMs: 0 },
    { type: "child-ended", ...db, cause: normal, decision: "keep" },
    { type: "child-ended", ...db, cause: shutdown, decision: "remove" },
    { type: "auto-shutdown", id: "db" },
  ])("nothing for $type in good order (R-735)", (report) => {
    expect(describeReport(report)).toBeNull();
  });

  it.each<[SupervisorReport<string>, string]>([
    [
      { type: "child-ended", ...db, cause: crash, decision: "restart" },
      'child "db" Pid(7) ended: Error: boom; it is restarted',
    ],
    [
      { type: "child-ended", ...db, cause: normal, decision: "restart" },
      'child "db" Pid(7) ended: normal; it is restarted',
    ],
    [
      { type: "child-ended", ...db, cause: killed, decision: "give-up" },
      'child "db" Pid(7) ended: killed; it is not restarted again',
    ],
    [{ type: "child-ended", ...db, cause: crash, decision: "remove" }, 'child "db" Pid(7) ended: Error: boom'],
    [
      { type: "start-failed", id: "db", cause: broken, decision: "retry" },
      'child "db" did not start: Error: does not start; the next attempt follows',
    ],
    [
      { type: "start-failed", id: "db", cause: broken, decision: "roll-back" },
      'child "db" did not start: Error: does not start; the supervisor stops',
    ],
    [
      { type: "start-failed", id: "db", cause: broken, decision: "remove" },
      'child "db" did not start: Error: does not start',
    ],
    [{ type: "shutdown-error", ...db, cause: killed }, 'child "db" Pid(7) did not end as told: killed'],
    [
      { type: "gave-up", id: "db", attempts: 3, intensity, nowMs: 0 },
      'giving up: 3 restarts needed, 2 allowed in 5 s (child "db")',
    ],
  ])("one line with the cause and the decision: %#", (report, line) => {
    expect(describeReport(report)).toBe(line);
  });
});

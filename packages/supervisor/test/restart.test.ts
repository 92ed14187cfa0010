import { describe, expect, it } from "vitest";
import { isClean, type Cause } from "@espalier/heartbeat";
import { type Decision, decideRestart, type Restart } from "../src/restart.ts";

const clean: readonly Cause[] = [
  { type: "normal" },
  { type: "shutdown" },
  { type: "shutdown", detail: { why: "low tide" } },
];

const crashes: readonly Cause[] = [
  { type: "stopped" },
  { type: "expired" },
  { type: "kill" },
  { type: "killed" },
  { type: "timeout" },
  { type: "noproc" },
  { type: "noconnection", node: "bob" },
  { type: "unresponsive", node: "bob" },
  { type: "error", error: { name: "Error", message: "boom" } },
  { type: "exit", reason: "normal" },
];

describe("which ends are clean (R-122)", () => {
  it.each(clean)("$type is", (cause) => expect(isClean(cause)).toBe(true));
  it.each(crashes)("$type is not", (cause) => expect(isClean(cause)).toBe(false));
});

describe("which ends trigger a restart (R-920)", () => {
  const table: readonly [Restart, Decision, Decision][] = [
    ["permanent", "restart", "restart"],
    ["transient", "keep", "restart"],
    ["temporary", "remove", "remove"],
  ];

  it.each(table)("%s: %s after a clean end, %s after a crash", (restart, afterClean, afterCrash) => {
    expect(clean.map((cause) => decideRestart(restart, cause))).toEqual(clean.map(() => afterClean));
    expect(crashes.map((cause) => decideRestart(restart, cause))).toEqual(crashes.map(() => afterCrash));
  });
});

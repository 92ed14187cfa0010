import { describe, expect, it } from "vitest";
import { kill, killed, normal, shutdown } from "@espalier/heartbeat";
import { isShutdownError, planShutdown } from "../src/shutdown.ts";
import { crash } from "./drive.ts";

describe("how a child is stopped (R-961)", () => {
  it("brutal-kill: killed at once", () => {
    expect(planShutdown("brutal-kill")).toEqual({ signal: kill, killAfterMs: null });
  });

  it("a time: told, and killed after it; zero is a time", () => {
    expect(planShutdown(5_000)).toEqual({ signal: shutdown, killAfterMs: 5_000 });
    expect(planShutdown(0)).toEqual({ signal: shutdown, killAfterMs: 0 });
  });

  it("infinity: told, and never killed", () => {
    expect(planShutdown("infinity")).toEqual({ signal: shutdown, killAfterMs: null });
  });
});

describe("which ends of a stopped child are reported (R-964)", () => {
  it("none, when it ended as told", () => {
    expect(isShutdownError(5_000, "permanent", shutdown)).toBe(false);
    expect(isShutdownError("infinity", "transient", { type: "shutdown", detail: "bye" })).toBe(false);
    expect(isShutdownError("brutal-kill", "permanent", killed)).toBe(false);
  });

  it("a crash, and a kill after the time ran out", () => {
    expect(isShutdownError(5_000, "permanent", crash)).toBe(true);
    expect(isShutdownError(5_000, "transient", killed)).toBe(true);
  });

  it("a clean end of another kind, of a permanent child only", () => {
    expect(isShutdownError("infinity", "permanent", { type: "shutdown", detail: "bye" })).toBe(true);
    expect(isShutdownError(5_000, "permanent", normal)).toBe(true);
    expect(isShutdownError(5_000, "transient", normal)).toBe(false);
    expect(isShutdownError(5_000, "temporary", normal)).toBe(false);
  });

  it("of a child that was to be killed, any other", () => {
    expect(isShutdownError("brutal-kill", "permanent", shutdown)).toBe(true);
    expect(isShutdownError("brutal-kill", "temporary", crash)).toBe(true);
    expect(isShutdownError("brutal-kill", "temporary", shutdown)).toBe(false);
  });
});

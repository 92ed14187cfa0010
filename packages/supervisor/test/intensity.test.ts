import { describe, expect, it } from "vitest";
import { addAttempt, type Attempts, type Intensity } from "../src/intensity.ts";

/** Attempts at these times, in milliseconds: which of them are allowed. */
function allowed(intensity: Intensity, timesMs: readonly number[]): boolean[] {
  let attempts: readonly Attempts[] = [];
  return timesMs.map((nowMs) => {
    const attempt = addAttempt(intensity, attempts, nowMs);
    attempts = attempt.attempts;
    return attempt.allowed;
  });
}

describe("restart intensity", () => {
  it("allows as many restarts as it says, and refuses the next one (R-931)", () => {
    expect(allowed({ restarts: 2, withinSeconds: 5 }, [0, 0, 0])).toEqual([true, true, false]);
  });

  it("with zero restarts refuses the first one (R-931)", () => {
    expect(allowed({ restarts: 0, withinSeconds: 5 }, [0])).toEqual([false]);
  });

  it("still counts a restart exactly one period ago (R-930)", () => {
    expect(allowed({ restarts: 1, withinSeconds: 5 }, [0, 5_000])).toEqual([true, false]);
  });

  it("counts in whole seconds, as OTP does (R-930)", () => {
    expect(allowed({ restarts: 1, withinSeconds: 5 }, [0, 5_999])).toEqual([true, false]);
    expect(allowed({ restarts: 1, withinSeconds: 5 }, [0, 6_000])).toEqual([true, true]);
    expect(allowed({ restarts: 1, withinSeconds: 5 }, [999, 6_000])).toEqual([true, true]);
  });

  it("counts an attempt that was refused", () => {
    expect(allowed({ restarts: 1, withinSeconds: 5 }, [0, 3_000, 7_000])).toEqual([true, false, false]);
  });

  it("remembers no more than the seconds of the window, however many restarts there are", () => {
    let attempts: readonly Attempts[] = [];
    for (let restart = 0; restart < 1_000; restart += 1) {
      attempts = addAttempt({ restarts: 3, withinSeconds: 2 }, attempts, restart * 100).attempts;
    }
    expect(attempts).toEqual([
      { second: 99, count: 10 },
      { second: 98, count: 10 },
      { second: 97, count: 10 },
    ]);
    expect(addAttempt({ restarts: 3, withinSeconds: 2 }, attempts, 99_900).count).toBe(31);
  });

  it("never allows more than that many in any window of that length (S80, P23)", () => {
    const intensity = { restarts: 3, withinSeconds: 2 };
    // A spread of 997 ms steps meets every position within a second.
    const times = Array.from({ length: 200 }, (_, step) => step * 997 + (step % 7) * 61);
    const granted = times.filter((_, index) => allowed(intensity, times)[index] === true);
    for (const start of granted) {
      const inWindow = granted.filter((time) => time >= start && time <= start + 2_000);
      expect(inWindow.length).toBeLessThanOrEqual(3);
    }
    expect(granted.length).toBeGreaterThan(3);
  });
});

import { describe, expect, it } from "vitest";
import { type FlagOptions, parseFlags } from "../src/flags.ts";

describe("a supervisor's flags", () => {
  it("have OTP's defaults (R-901)", () => {
    expect(parseFlags({})).toEqual({
      strategy: "one-for-one",
      intensity: { restarts: 1, withinSeconds: 5 },
      autoShutdown: "never",
    });
  });

  it("take what is given", () => {
    const intensity = { restarts: 0, within: "1m" } as const;
    expect(parseFlags({ strategy: "rest-for-one", intensity, autoShutdown: "any-significant" })).toEqual({
      strategy: "rest-for-one",
      intensity: { restarts: 0, withinSeconds: 60 },
      autoShutdown: "any-significant",
    });
    expect(parseFlags({ intensity: { within: 2_000 } }).intensity).toEqual({ restarts: 1, withinSeconds: 2 });
  });

  it.each<[unknown, string]>([
    [
      { strategy: "one_for_one" },
      'strategy: expected one of "one-for-one", "one-for-all", "rest-for-one", got "one_for_one"',
    ],
    [{ autoShutdown: true }, 'autoShutdown: expected one of "never", "any-significant", "all-significant", got true'],
    [{ intensity: { restarts: -1 } }, "intensity.restarts: expected an integer ≥ 0, got -1"],
    [{ intensity: { restarts: 1.5 } }, "intensity.restarts: expected an integer ≥ 0, got 1.5"],
    [{ intensity: { within: 0 } }, "intensity.within: expected whole seconds, at least one, got 0"],
    [{ intensity: { within: "1500ms" } }, 'intensity.within: expected whole seconds, at least one, got "1500ms"'],
    [{ intensity: { within: "infinity" } }, 'intensity.within: expected whole seconds, at least one, got "infinity"'],
    [{ intensity: { within: "soon" } }, "intensity.within: expected milliseconds ≥ 0, or a duration"],
  ])("refuse %j (R-902)", (options, message) => {
    expect(() => parseFlags(options as FlagOptions)).toThrow(message);
  });
});

import type { LocalGenerator } from "@espalier/heartbeat";
import type { Self } from "@espalier/runtime";
import { Supervisor, type SupervisorOptions } from "@espalier/supervisor";
import { describe, expect, it } from "vitest";

function* body(self: Self<unknown>): LocalGenerator<void> {
  yield* self.receive();
}

describe("a supervisor's definition is checked where it is written", () => {
  it.each<[unknown, string]>([
    [null, "supervisor: expected options with children, got null"],
    [{}, "children: expected an array, got undefined"],
    [{ children: [], strategy: "all" }, "strategy: expected one of"],
    [
      { children: [Supervisor.worker("a", body, []), Supervisor.worker("a", body, [])] },
      'children: expected different ids, got "a" twice',
    ],
    [
      { children: [Supervisor.worker("a", body, [], { restart: "transient", significant: true })] },
      'significant of child "a": expected false while autoShutdown is "never", got true',
    ],
  ])("%# is refused (R-902 to R-904)", (options, message) => {
    expect(() => Supervisor.define(options as SupervisorOptions)).toThrow(message);
  });

  it("a significant child is fine where something comes of it", () => {
    const children = [Supervisor.worker("a", body, [], { restart: "transient", significant: true })];
    expect(() => Supervisor.define({ autoShutdown: "all-significant", children })).not.toThrow();
  });

  it("what a function gives is checked when it is called", () => {
    expect(() => Supervisor.define(() => ({ children: [], intensity: { restarts: -1 } }))).not.toThrow();
  });
});

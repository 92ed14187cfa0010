import { Supervisor, type ChildOptions, type LocalGenerator, type SupervisorOptions } from "espalier";
import { describe, expect, it } from "vitest";
import { conform } from "./conform.ts";
import { supervisors } from "./rules/supervisors.ts";

conform(supervisors);

function* idle(): LocalGenerator<void> {}

function define(options: object): () => unknown {
  return () => Supervisor.define({ children: [], ...options } as SupervisorOptions);
}

function worker(options: object): () => unknown {
  return () => Supervisor.worker("a", idle, [], options);
}

const a = Supervisor.worker("a", idle, []);

describe("what is written wrongly is refused where it is written", () => {
  it.each([
    [{ strategy: "one-for-none" }, /^strategy: expected one of/],
    [{ intensity: { restarts: -1 } }, /^intensity\.restarts: expected an integer ≥ 0/],
    [{ intensity: { restarts: 1.5 } }, /^intensity\.restarts: expected an integer ≥ 0/],
    [{ intensity: { within: 0 } }, /^intensity\.within: expected whole seconds, at least one/],
    [{ intensity: { within: "infinity" } }, /^intensity\.within: expected whole seconds, at least one/],
    [{ intensity: { within: "1500ms" } }, /^intensity\.within: expected whole seconds, at least one/],
    [{ autoShutdown: "sometimes" }, /^autoShutdown: expected one of/],
    [{ children: null }, /^children: expected an array/],
    [{ children: [1] }, /^children: child: expected a specification/],
  ])("R-902 a supervisor's %j", (options, message) => {
    expect(define(options)).toThrow(message);
  });

  it.each([
    [{ restart: "often" }, /^restart of child "a": expected one of/],
    [{ shutdown: -1 }, /^shutdown of child "a"/],
    [{ shutdown: "soon" }, /^shutdown of child "a"/],
    [{ significant: 1 }, /^significant of child "a": expected a boolean/],
    [{ name: "" }, /^name of child "a": expected a non-empty string/],
  ])("R-903 a child's %j", (options, message) => {
    expect(worker(options)).toThrow(message);
  });

  it("R-903 a child's id, what it runs, its arguments, and two of the same id", () => {
    expect(() => Supervisor.worker("", idle, [])).toThrow(/^id: expected a non-empty string/);
    expect(() => Supervisor.worker("a", 1 as never, [])).toThrow(/^child "a": expected a process body or a definition/);
    expect(() => Supervisor.worker("a", idle, 1 as never)).toThrow(/^args of child "a": expected an array/);
    expect(define({ children: [a, a] })).toThrow(/^children: expected different ids, got "a" twice/);
    expect(define({ children: [{ ...a, type: "manager" }] })).toThrow(/^children: type: expected one of/);
  });

  it.each(["brutal-kill", "infinity", 0, 1, "1s"])("R-903 both kinds of child take shutdown %j", (shutdown) => {
    expect(worker({ shutdown })).not.toThrow();
    const inner = Supervisor.define({ children: [] });
    expect(() => Supervisor.supervisor("s", inner, [], { shutdown } as ChildOptions)).not.toThrow();
  });

  it("R-904 significant permanent children, and significant ones of who never ends for them", () => {
    expect(worker({ significant: true })).toThrow(/^significant of child "a": expected false, because a permanent/);
    const b = Supervisor.worker("b", idle, [], { restart: "transient", significant: true });
    expect(define({ children: [b] })).toThrow(
      /^significant of child "b": expected false while autoShutdown is "never"/,
    );
    expect(define({ children: [b], autoShutdown: "any-significant" })).not.toThrow();
  });

  it("R-901 unknown options are ignored in both", () => {
    expect(define({ colour: "red" })).not.toThrow();
    expect(worker({ colour: "red" })).not.toThrow();
  });
});

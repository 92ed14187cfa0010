import { NodeRef } from "@espalier/runtime";
import { describe, expect, it } from "vitest";
import { type ChildOptions, type ChildType, parseSpec, type Startable } from "../src/spec.ts";

function* body() {}

/** As JavaScript may call it: without the types that would refuse most of this. */
function parse(
  options: unknown,
  type: ChildType = "worker",
  id: unknown = "db",
  args: unknown = [],
  what: unknown = body,
): unknown {
  return parseSpec(type, id as string, what as Startable, args as unknown[], options as ChildOptions);
}

describe("a child's specification", () => {
  it("has OTP's defaults (R-901)", () => {
    const common = {
      id: "db",
      what: body,
      args: [],
      restart: "permanent",
      significant: false,
      name: null,
      ready: false,
      on: null,
      backoff: null,
    };
    expect(parse({})).toEqual({ ...common, type: "worker", shutdown: 5_000 });
    expect(parse({}, "supervisor")).toEqual({ ...common, type: "supervisor", shutdown: "infinity" });
  });

  it.each([
    ["brutal-kill", "brutal-kill"],
    ["infinity", "infinity"],
    [Infinity, "infinity"],
    [0, 0],
    ["1.5s", 1_500],
  ])("accepts the shutdown %j for both types (R-903)", (shutdown, expected) => {
    expect(parse({ shutdown })).toMatchObject({ shutdown: expected });
    expect(parse({ shutdown }, "supervisor")).toMatchObject({ shutdown: expected });
  });

  it("keeps the rest as it is", () => {
    const on = new NodeRef("A".repeat(43), null);
    const options = { restart: "transient", significant: true, name: "db", ready: true, on };
    expect(parse(options, "worker", "db", [1, "x"])).toMatchObject({ ...options, args: [1, "x"] });
  });

  it.each([
    [
      { restart: "always" },
      'restart of child "db": expected one of "permanent", "transient", "temporary", got "always"',
    ],
    [{ shutdown: -1 }, 'shutdown of child "db": expected milliseconds ≥ 0'],
    [{ shutdown: "brutally" }, 'shutdown of child "db": expected milliseconds ≥ 0'],
    [{ significant: 1 }, 'significant of child "db": expected a boolean, got 1'],
    [{ ready: "soon" }, 'ready of child "db": expected a boolean, got "soon"'],
    [{ name: "" }, 'name of child "db": expected a non-empty string or a via name, got ""'],
    [{ on: "bob" }, 'on of child "db": expected a NodeRef, got "bob"'],
  ])("refuses %j (R-903)", (options, message) => {
    expect(() => parse(options)).toThrow(message);
  });

  it("refuses a significant child that is permanent (R-904)", () => {
    expect(() => parse({ significant: true })).toThrow(
      'significant of child "db": expected false, because a permanent child does not end, got true',
    );
    expect(parse({ significant: true, restart: "temporary" })).toMatchObject({ significant: true });
  });

  it("refuses what cannot be started (R-903)", () => {
    for (const what of [null, 1, {}]) {
      expect(() => parse({}, "worker", "db", [], what)).toThrow(
        'child "db": expected a process body or a definition, got ',
      );
    }
    expect(parse({}, "worker", "db", [], { body })).toMatchObject({ what: { body } });
  });

  it("refuses ids that are no names, and arguments that are no list (R-903)", () => {
    expect(() => parse({}, "worker", "")).toThrow('id: expected a non-empty string, got ""');
    expect(() => parse({}, "worker", null)).toThrow("id: expected a non-empty string, got null");
    expect(() => parse({}, "worker", "db", 8080)).toThrow('args of child "db": expected an array, got 8080');
  });
});

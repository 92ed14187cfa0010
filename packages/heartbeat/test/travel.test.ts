import type { FieldTravels } from "@espalier/heartbeat";
import {
  CompositeHeartbeat,
  Heartbeat,
  HeartbeatEnd,
  heartbeatTravels,
  LeafHeartbeat,
  ScopeStack,
  scopesMax,
} from "@espalier/heartbeat";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

const x = new LeafHeartbeat("a", "1", 1);
const y = new LeafHeartbeat("b", "1", 2);

/** To the other side and back, as the codec does it: values inside travel by their own kind. */
function there(value: unknown): unknown {
  const kind = heartbeatTravels.find(({ type }) => value instanceof type);
  return kind === undefined ? structuredClone(value) : kind.decode(kind.encode(value).map(there));
}

function named(name: string): FieldTravels {
  return heartbeatTravels.find((kind) => kind.name === name) as FieldTravels;
}

describe("what travels arrives as it was:", () => {
  const { heartbeats } = fc.letrec<{ heartbeats: Heartbeat }>((tie) => ({
    heartbeats: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom(x, y),
      fc
        .record({
          combine: fc.constantFrom("both" as const, "either" as const),
          a: tie("heartbeats"),
          b: tie("heartbeats"),
        })
        .map(({ combine, a, b }) => new CompositeHeartbeat(combine, a, b)),
    ),
  }));

  test("heartbeats", () => {
    fc.assert(
      fc.property(heartbeats, (heartbeat) => {
        expect(there(heartbeat)).toEqual(heartbeat);
      }),
    );
  });

  test("scopes", () => {
    const stacks = fc.record({ outer: fc.array(heartbeats), inner: fc.array(heartbeats) });
    fc.assert(
      fc.property(stacks, ({ outer, inner }) => {
        const inherited = outer.reduce((stack, heartbeat) => stack.push(heartbeat), ScopeStack.empty).fork();
        const stack = inner.reduce((stack, heartbeat) => stack.push(heartbeat), inherited);
        expect(there(stack)).toEqual(stack);
      }),
    );
  });

  test.each([
    Heartbeat.create("10s"),
    Heartbeat.create("infinity"),
    Heartbeat.stop(x),
    Heartbeat.fail(Heartbeat.both(x, y), { type: "exit", reason: { why: [1] } }),
    Heartbeat.reset(x, 5),
    Heartbeat.status(y),
    Heartbeat.supervise(y),
    new HeartbeatEnd(x, "a/1/7"),
    Heartbeat.link(x, Heartbeat.link(y, Heartbeat.stop(x))),
  ])("operation %#: $type", (operation) => {
    const arrived = there(operation) as typeof operation;
    expect(arrived.constructor).toBe(operation.constructor);
    expect(new Map(Object.entries(arrived))).toEqual(new Map(Object.entries(operation)));
  });

  test("every kind under a name of its own", () => {
    expect(new Set(heartbeatTravels.map(({ name }) => name)).size).toBe(heartbeatTravels.length);
  });
});

describe("what a peer made up is refused:", () => {
  test.each<[string, unknown, string]>([
    ["heartbeat", "not a list", 'heartbeat: expected a list of 3, got "not a list"'],
    ["heartbeat", ["a", "1"], 'heartbeat: expected a list of 3, got ["a","1"]'],
    ["heartbeat", ["a", "1", 0], "heartbeat serial: expected a whole number from 1, got 0"],
    ["heartbeat", ["a", "1", 1.5], "heartbeat serial: expected a whole number from 1, got 1.5"],
    ["heartbeat", ["a/b", "1", 1], 'heartbeat home: expected 1 to 128 letters, digits and . : _ -, got "a/b"'],
    ["heartbeat", ["a", "", 1], 'heartbeat incarnation: expected 1 to 128 letters, digits and . : _ -, got ""'],
    ["heartbeat", ["a".repeat(129), "1", 1], "heartbeat home: expected 1 to 128"],
    ["heartbeat.composite", ["neither", x, y], 'composite heartbeat: expected both or either, got "neither"'],
    ["heartbeat.composite", ["both", x, "b"], 'both: expected a heartbeat, got "b"'],
    ["heartbeat.scopes", "x", 'scopes: expected a list of at most 1001, got "x"'],
    ["heartbeat.scopes", [], "scopes: expected 0 to 0 inherited ones, got undefined"],
    ["heartbeat.scopes", [2, x], "scopes: expected 0 to 1 inherited ones, got 2"],
    ["heartbeat.scopes", [-1, x], "scopes: expected 0 to 1 inherited ones, got -1"],
    ["heartbeat.scopes", [0.5, x], "scopes: expected 0 to 1 inherited ones, got 0.5"],
    ["heartbeat.scopes", [0, "x"], 'scopes: expected a heartbeat, got "x"'],
    ["heartbeat.scopes", Array.from({ length: scopesMax + 2 }, () => x), "scopes: expected a list of at most 1001"],
    ["heartbeat.stop", [], "heartbeat.stop: expected a list of 1, got []"],
    ["heartbeat.stop", [{}], "Heartbeat.stop: expected a heartbeat, got {}"],
    ["heartbeat.fail", [x, {}], "cause.type: expected the type of a cause, got undefined"],
    ["heartbeat.reset", [x, "soon"], "duration: expected milliseconds"],
    ["heartbeat.end", [x, 7], "heartbeat registration: expected at most 256 characters, got 7"],
    ["heartbeat.end", [x, "r".repeat(257)], "heartbeat registration: expected at most 256 characters"],
    ["heartbeat.link", [x, 5], "Heartbeat.link: expected an operation"],
  ])("%s of %s", (name, data, message) => {
    expect(() => named(name).decode(data)).toThrow(message);
    expect(() => named(name).decode(data)).toThrow(TypeError);
  });

  test("an expression larger than any that can be made", () => {
    let large: Heartbeat = x;
    for (let doubled = 0; doubled < 5; doubled += 1) large = Heartbeat.both(large, large);
    expect(() => named("heartbeat.composite").decode(["both", large, x])).toThrow(RangeError);
  });
});

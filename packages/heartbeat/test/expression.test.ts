import type { HeartbeatStatus } from "@espalier/heartbeat";
import {
  combine,
  CompositeHeartbeat,
  endsWithHome,
  evaluate,
  hasEnded,
  Heartbeat,
  homeOf,
  keyOf,
  LeafHeartbeat,
  leavesMax,
  leavesOf,
  sameHeartbeat,
} from "@espalier/heartbeat";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

const leafOf = (home: string, serial = 1, incarnation = "1") => new LeafHeartbeat(home, incarnation, serial);
const leaves = fc
  .record({ home: fc.constantFrom("a", "b", "c"), serial: fc.integer({ min: 1, max: 3 }) })
  .map(({ home, serial }) => leafOf(home, serial));
const { expressions } = fc.letrec<{ expressions: Heartbeat }>((tie) => ({
  expressions: fc.oneof(
    { depthSize: "small", maxDepth: 4 },
    leaves,
    fc
      .record({
        combine: fc.constantFrom("both" as const, "either" as const),
        a: tie("expressions"),
        b: tie("expressions"),
      })
      .map(({ combine, a, b }) => new CompositeHeartbeat(combine, a, b)),
  ),
}));

type Value = "live" | "ended" | "unknown";
const valueOf = (status: HeartbeatStatus): Value =>
  status.state === "live" || status.state === "unknown" ? status.state : "ended";
const live: HeartbeatStatus = { state: "live", remainingMs: 10, epoch: 0, version: 1 };
const unknown: HeartbeatStatus = { state: "unknown" };
const always: HeartbeatStatus = { state: "live", remainingMs: Infinity, epoch: 0, version: 0 };
const endedWith = (reason: unknown): HeartbeatStatus => ({
  state: "failed",
  cause: { type: "exit", reason },
  epoch: 0,
  version: 2,
});
const ended = endedWith(0);
const statuses = fc.constantFrom<HeartbeatStatus>(live, unknown, ended, { state: "forgotten" });
/** What is known of every leaf that the generator makes. */
const knowledge = fc.dictionary(
  fc.constantFrom(...["a", "b", "c"].flatMap((home) => [1, 2, 3].map((serial) => keyOf(leafOf(home, serial))))),
  statuses,
);
const evaluateWith = (known: Record<string, HeartbeatStatus>) => (heartbeat: Heartbeat) =>
  evaluate(heartbeat, (part) => (part instanceof LeafHeartbeat ? (known[keyOf(part)] ?? unknown) : always));

describe("combine is Kleene's logic (S57, P6)", () => {
  const values: Readonly<Record<Value, HeartbeatStatus>> = { live, ended, unknown };

  test.each<[Value, Value, Value, Value]>([
    ["live", "live", "live", "live"],
    ["live", "unknown", "unknown", "live"],
    ["live", "ended", "ended", "live"],
    ["unknown", "unknown", "unknown", "unknown"],
    ["unknown", "ended", "ended", "unknown"],
    ["ended", "ended", "ended", "ended"],
  ])("of %s and %s: both is %s, either is %s", (a, b, both, either) => {
    for (const [x, y] of [
      [a, b],
      [b, a],
    ] as const) {
      expect(valueOf(combine("both", values[x], values[y]))).toBe(both);
      expect(valueOf(combine("either", values[x], values[y]))).toBe(either);
    }
  });

  test("takes the cause of the part that decided: the first for both, the last for either (P7)", () => {
    expect(combine("both", endedWith(1), endedWith(2))).toEqual(endedWith(1));
    expect(combine("either", endedWith(1), endedWith(2))).toEqual(endedWith(2));
  });

  test("says the shorter rest for both, the longer for either", () => {
    const longer: HeartbeatStatus = { state: "live", remainingMs: 20, epoch: 0, version: 1 };
    expect(combine("both", longer, live)).toEqual(live);
    expect(combine("either", live, longer)).toEqual(longer);
  });
});

describe("expressions", () => {
  test("are idempotent and commutative in what they say (P6)", () => {
    fc.assert(
      fc.property(
        expressions,
        expressions,
        fc.constantFrom("both" as const, "either" as const),
        knowledge,
        (a, b, how, known) => {
          const value = (heartbeat: Heartbeat) => valueOf(evaluateWith(known)(heartbeat));
          fc.pre(leavesOf(a).length + leavesOf(b).length <= leavesMax / 2);
          expect(value(new CompositeHeartbeat(how, a, a))).toBe(value(a));
          expect(value(new CompositeHeartbeat(how, a, b))).toBe(value(new CompositeHeartbeat(how, b, a)));
        },
      ),
    );
  });

  test("are never terminal for lack of information: an end stays an end whatever is learned later (S57, P6)", () => {
    fc.assert(
      fc.property(expressions, knowledge, knowledge, (heartbeat, known, later) => {
        const before = valueOf(evaluateWith(known)(heartbeat));
        // What was known stays; what was not may turn out to be anything.
        const informed = Object.entries(known).filter(([, status]) => status.state !== "unknown");
        const after = valueOf(evaluateWith({ ...later, ...Object.fromEntries(informed) })(heartbeat));
        if (before !== "unknown") expect(after).toBe(before);
      }),
    );
  });

  test("end with the cause of one of their leaves (P7)", () => {
    fc.assert(
      fc.property(expressions, (heartbeat) => {
        const result = evaluate(heartbeat, (part) => (part instanceof LeafHeartbeat ? endedWith(keyOf(part)) : always));
        const keys: unknown[] = leavesOf(heartbeat).map(keyOf);
        expect(result.state === "failed" && result.cause.type === "exit" && keys.includes(result.cause.reason)).toBe(
          true,
        );
      }),
    );
  });

  test("end when they are ended themselves, and only live when that is known not to be so (H16)", () => {
    const [x, y] = [leafOf("a"), leafOf("b")];
    const either = Heartbeat.either(x, y);
    const outer = Heartbeat.both(either, leafOf("c"));
    const ifEitherIs = (itself: HeartbeatStatus) => (part: Heartbeat) => (part === either ? itself : live);
    expect(evaluate(outer, ifEitherIs(ended))).toEqual(ended);
    expect(evaluate(outer, ifEitherIs(unknown))).toEqual(unknown);
    expect(evaluate(outer, ifEitherIs(always))).toEqual(live);
    expect(evaluate(either, (part) => (part === either ? ended : endedWith("a leaf, later")))).toEqual(ended);
  });

  test("are the same heartbeat whatever the order of their parts", () => {
    fc.assert(
      fc.property(expressions, expressions, (a, b) => {
        fc.pre(leavesOf(a).length + leavesOf(b).length <= leavesMax);
        expect(sameHeartbeat(Heartbeat.both(a, b), Heartbeat.both(b, a))).toBe(true);
        expect(sameHeartbeat(Heartbeat.both(a, b), Heartbeat.either(a, b))).toBe(false);
        expect(homeOf(Heartbeat.either(a, b))).toEqual(homeOf(Heartbeat.either(b, a)));
      }),
    );
  });

  test("have a home whose end ends them, or say that they do not end with it (P6, H31)", () => {
    fc.assert(
      fc.property(expressions, (heartbeat) => {
        const { node } = homeOf(heartbeat);
        const withoutHome = evaluate(heartbeat, (part) => {
          if (!(part instanceof LeafHeartbeat)) return always;
          return part.home === node ? ended : live;
        });
        expect(hasEnded(withoutHome)).toBe(endsWithHome(heartbeat));
      }),
    );
  });

  test.each<[string, Heartbeat, string, boolean]>([
    ["a leaf", leafOf("b"), "b", true],
    ["both over two nodes", Heartbeat.both(leafOf("b"), leafOf("a")), "a", true],
    ["either over two nodes", Heartbeat.either(leafOf("b"), leafOf("a")), "a", false],
    ["either on one node", Heartbeat.either(leafOf("b", 1), leafOf("b", 2)), "b", true],
    [
      "both of an either and a leaf",
      Heartbeat.both(Heartbeat.either(leafOf("a"), leafOf("b")), leafOf("c")),
      "c",
      true,
    ],
  ])("%s has its home", (_, heartbeat, node, ends) => {
    expect(homeOf(heartbeat)).toEqual({ node, incarnation: "1" });
    expect(endsWithHome(heartbeat)).toBe(ends);
  });

  test("are bounded", () => {
    const grow = (count: number) =>
      Array.from({ length: count - 1 }, () => leafOf("a")).reduce<Heartbeat>(Heartbeat.both, leafOf("a"));
    expect(leavesOf(grow(leavesMax))).toHaveLength(leavesMax);
    expect(() => grow(leavesMax + 1)).toThrow(
      new RangeError("both: expected at most 32 heartbeats in one expression, got 33"),
    );
  });
});

import type { Cause } from "@espalier/heartbeat";
import {
  CauseError,
  causeOf,
  describe as describeValue,
  describeCause,
  isCause,
  isClean,
  parseCause,
  sameCause,
} from "@espalier/heartbeat";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

const text = fc.string({ maxLength: 20 });
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const withoutUndefined = <T extends object>(value: T): T =>
  Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as T;

const causes: fc.Arbitrary<Cause> = fc
  .oneof(
    fc.record({ type: fc.constantFrom("normal", "stopped", "expired", "kill", "killed") }),
    fc.record({ type: fc.constant("shutdown"), detail: optional(fc.jsonValue()) }),
    fc.record({ type: fc.constantFrom("timeout", "noproc"), what: optional(text) }),
    fc.record({ type: fc.constant("noconnection"), node: optional(text) }),
    fc.record({ type: fc.constant("unresponsive"), node: text }),
    fc.record({
      type: fc.constant("error"),
      error: fc
        .record({
          name: text,
          message: text,
          code: optional(text),
          stack: optional(text),
          cause: optional(fc.jsonValue()),
        })
        .map(withoutUndefined),
      node: optional(text),
    }),
    fc.record({ type: fc.constant("exit"), reason: fc.jsonValue() }),
  )
  .map((cause) => withoutUndefined(cause) as Cause);

describe("parseCause", () => {
  test("gives back every cause as it was (S3, R-124)", () => {
    fc.assert(
      fc.property(causes, (cause) => {
        expect(parseCause(structuredClone(cause))).toEqual(cause);
      }),
    );
  });

  test("drops fields that a cause does not have", () => {
    expect(parseCause({ type: "normal", extra: 1 })).toEqual({ type: "normal" });
  });

  test.each([
    [null, "cause: expected an object, got null"],
    ["normal", 'cause: expected an object, got "normal"'],
    [[], "cause: expected an object, got []"],
    [{}, "cause.type: expected the type of a cause, got undefined"],
    [{ type: "bored" }, 'cause.type: expected the type of a cause, got "bored"'],
    [{ type: "unresponsive" }, "cause.node: expected a string, got undefined"],
    [{ type: "noconnection", node: 1 }, "cause.node: expected a string, got 1"],
    [{ type: "timeout", what: {} }, "cause.what: expected a string, got {}"],
    [{ type: "exit" }, "cause.reason: expected a value, got none"],
    [{ type: "error" }, "cause.error: expected an object, got undefined"],
    [{ type: "error", error: { name: "E" } }, "cause.error.message: expected a string, got undefined"],
    [{ type: "error", error: { name: "E", message: "m", code: 5 } }, "cause.error.code: expected a string, got 5"],
  ])("refuses %j", (data, message) => {
    expect(() => parseCause(data)).toThrow(new TypeError(message));
    expect(isCause(data)).toBe(false);
  });
});

describe("causeOf", () => {
  test("keeps name, message, code and stack of an error (S7, R-121)", () => {
    const error = Object.assign(new RangeError("too much"), { code: "E_MUCH" });
    expect(causeOf(error)).toEqual({
      type: "error",
      error: { name: "RangeError", message: "too much", code: "E_MUCH", stack: error.stack },
    });
  });

  test("turns the chain of causes into data", () => {
    const error = new Error("outer", { cause: new TypeError("inner", { cause: { answer: 42 } }) });
    expect(causeOf(error)).toMatchObject({
      error: { message: "outer", cause: { name: "TypeError", message: "inner", cause: { answer: 42 } } },
    });
  });

  test("keeps the errors of an AggregateError", () => {
    expect(causeOf(new AggregateError([new Error("a"), 2], "several"))).toMatchObject({
      error: { message: "several", cause: [{ name: "Error", message: "a" }, 2] },
    });
  });

  test("ends when the chain is a circle", () => {
    const error = new Error("round");
    error.cause = error;
    let depth = 0;
    for (let at: unknown = (causeOf(error) as Cause & { type: "error" }).error; at !== undefined; depth += 1) {
      at = (at as { cause?: unknown }).cause;
    }
    expect(depth).toBe(8);
  });

  test.each([undefined, null, 42, "text", { type: "normal" }])(
    "names a thrown %o nocatch and keeps it (R-121)",
    (thrown) => {
      const cause = causeOf(thrown);
      expect(cause).toMatchObject({ type: "error", error: { name: "nocatch" } });
      expect((cause as Cause & { type: "error" }).error.cause).toBe(thrown);
    },
  );

  test("gives a CauseError's own reason (R-109)", () => {
    const reason: Cause = { type: "exit", reason: { order: 7 } };
    expect(causeOf(new CauseError(reason))).toBe(reason);
  });

  test("survives an error whose getters throw", () => {
    const hostile = new Error("hidden");
    Object.defineProperty(hostile, "message", {
      get: () => {
        throw new Error("no");
      },
    });
    expect(causeOf(hostile)).toEqual({
      type: "error",
      error: { name: "Error", message: "an error that cannot be read" },
    });
  });

  test("is a cause that peers accept", () => {
    fc.assert(
      fc.property(fc.anything(), (thrown) => {
        expect(isCause(causeOf(thrown))).toBe(true);
      }),
    );
  });
});

describe("describeCause", () => {
  test.each<[Cause, string]>([
    [{ type: "normal" }, "normal"],
    [{ type: "shutdown" }, "shutdown"],
    [{ type: "shutdown", detail: { by: "ops" } }, 'shutdown: {"by":"ops"}'],
    [
      { type: "shutdown", detail: { child: "a", cause: causeOf(new RangeError("too many")) } },
      'shutdown: {"child":"a","cause":{"type":"error","error":"RangeError: too many"}}',
    ],
    [{ type: "timeout", what: "call" }, "timeout: call"],
    [{ type: "noproc" }, "noproc"],
    [{ type: "noconnection", node: "b" }, "noconnection: b"],
    [{ type: "unresponsive", node: "b" }, "unresponsive: b"],
    [{ type: "error", error: { name: "TypeError", message: "no\n  good" }, node: "b" }, "TypeError: no good (on b)"],
    [{ type: "error", error: { name: "Error", message: "gone", code: "ENOENT" } }, "Error [ENOENT]: gone"],
    [{ type: "error", error: { name: "Error", message: "ENOENT: gone", code: "ENOENT" } }, "Error: ENOENT: gone"],
    [{ type: "exit", reason: "out of paper" }, 'exit: "out of paper"'],
    [{ type: "exit", reason: 10n }, "exit: 10n"],
  ])("says %o", (cause, line) => {
    expect(describeCause(cause)).toBe(line);
    expect(new CauseError(cause).message).toBe(line);
  });

  test("is one short line, whatever the reason", () => {
    fc.assert(
      fc.property(
        fc.anything({ withBigInt: true, withDate: true, withNullPrototype: true, withMap: true }),
        (reason) => {
          const line = describeCause({ type: "exit", reason });
          expect(line).not.toMatch(/[\r\n]/);
          expect(line.length).toBeLessThanOrEqual(300);
        },
      ),
    );
  });

  test("does not throw for a value that cannot be shown", () => {
    const circle: { self?: unknown } = {};
    circle.self = circle;
    expect(describeValue(circle)).toBe("a value of type object that cannot be shown");
  });
});

test("isClean is true for exactly normal and shutdown (S8, R-122)", () => {
  fc.assert(
    fc.property(causes, (cause) => {
      expect(isClean(cause)).toBe(["normal", "shutdown"].includes(cause.type));
    }),
  );
});

function equal(a: unknown, b: unknown): boolean {
  try {
    expect(a).toStrictEqual(b);
    return true;
  } catch {
    return false;
  }
}

describe("sameCause", () => {
  test("holds for a copy", () => {
    const reasons = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withTypedArray: true,
    });
    fc.assert(
      fc.property(reasons, (reason) => {
        expect(sameCause({ type: "exit", reason }, { type: "exit", reason: structuredClone(reason) })).toBe(true);
      }),
    );
  });

  test("agrees with vitest's own equality", () => {
    fc.assert(
      fc.property(causes, causes, (a, b) => {
        expect(sameCause(a, b)).toBe(equal(a, b));
      }),
    );
  });

  test("sees through a circle and still finds the difference", () => {
    const circle = (leaf: number) => {
      const reason: { self?: unknown; leaf: number } = { leaf };
      reason.self = reason;
      return { type: "exit", reason } as const;
    };
    expect(sameCause(circle(1), circle(1))).toBe(true);
    expect(sameCause(circle(1), circle(2))).toBe(false);
    const line = { type: "exit", reason: { self: { self: null, leaf: 1 }, leaf: 1 } } as const;
    expect(sameCause(circle(1), line)).toBe(false);
  });

  test("tells things apart that show nothing of themselves", () => {
    expect(sameCause({ type: "exit", reason: Promise.resolve() }, { type: "exit", reason: Promise.resolve() })).toBe(
      false,
    );
    expect(sameCause({ type: "exit", reason: new Error("a") }, { type: "exit", reason: new Error("b") })).toBe(false);
  });
});

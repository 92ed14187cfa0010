import { causeOf, describeCause, type Cause } from "@espalier/heartbeat";
import { expect, test } from "vitest";
import { causeText, errorText } from "../src/index.ts";

class Card {
  readonly number = "4111";
}

test("a cause in words has the kind of an object that was thrown or given as a reason, and not what is in it (S357)", () => {
  const card = { type: "declined", number: "4111" };
  expect(causeText({ type: "exit", reason: card })).toBe("exit: declined");
  expect(causeText({ type: "exit", reason: [card] })).toBe("exit: array");
  expect(causeText({ type: "shutdown", detail: new Card() })).toBe("shutdown: Card");
  const thrown = causeOf(card) as Extract<Cause, { type: "error" }>;
  expect([causeText(thrown), errorText(thrown)]).toEqual([
    "nocatch: thrown, and no error: declined",
    "thrown, and no error: declined",
  ]);
  // A flight recorder keeps an error without the value.
  const { cause: _, ...error } = thrown.error;
  expect(causeText({ type: "error", error })).toBe("nocatch: thrown, and no error: object");
});

test("a cause in words has what its author said in words", () => {
  const causes: readonly Cause[] = [
    { type: "normal" },
    { type: "shutdown" },
    { type: "exit", reason: "out of paper" },
    { type: "exit", reason: 7 },
    causeOf("a text"),
    causeOf(-1),
    causeOf(undefined),
    causeOf(new TypeError("x is not a function")),
  ];
  for (const cause of causes) expect(causeText(cause)).toBe(describeCause(cause));
});

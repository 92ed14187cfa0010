import { kill, normal, shutdown, type Cause } from "@espalier/heartbeat";
import { decideExit, type ExitDecision } from "@espalier/runtime";
import { expect, test } from "vitest";

const other: Cause = { type: "exit", reason: "other" };

/** Every combination of what the decision depends on, with the rules read one by one, in OTP's order. */
function* combinations(): Generator<{ rule: string; expected: ExitDecision; actual: ExitDecision }> {
  for (const link of [true, false]) {
    for (const linked of [true, false]) {
      for (const trapping of [true, false]) {
        for (const toSelf of [true, false]) {
          for (const cause of [normal, kill, shutdown, other]) {
            const actual = decideExit({ link, cause, toSelf }, { linked, trapping });
            const { rule, expected } = byTheRules(link, linked, trapping, toSelf, cause.type);
            yield {
              rule: `${rule} ${JSON.stringify({ link, linked, trapping, toSelf, cause: cause.type })}`,
              expected,
              actual,
            };
          }
        }
      }
    }
  }
}

function byTheRules(
  link: boolean,
  linked: boolean,
  trapping: boolean,
  toSelf: boolean,
  cause: Cause["type"],
): { rule: string; expected: ExitDecision } {
  if (link && !linked) return { rule: "R-101", expected: "drop" };
  if (cause === "kill" && !link) return { rule: "R-103", expected: "kill" };
  if (trapping) return { rule: "R-106", expected: "message" };
  if (cause === "normal") return toSelf ? { rule: "R-107", expected: "die" } : { rule: "R-102", expected: "drop" };
  return { rule: "R-105", expected: "die" };
}

test("exit signals are decided as R-101 to R-107 say, in all 64 cases (S1)", () => {
  const all = [...combinations()];
  expect(all).toHaveLength(64);
  for (const { rule, expected, actual } of all) expect(actual, rule).toBe(expected);
});

test("a kill that comes through a link is a cause like any other (S1, R-104)", () => {
  const signal = { link: true, cause: kill, toSelf: false };
  expect(decideExit(signal, { linked: true, trapping: true })).toBe("message");
  expect(decideExit(signal, { linked: true, trapping: false })).toBe("die");
});

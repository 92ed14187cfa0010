import { durationMs } from "@espalier/heartbeat";
import { expect, test } from "vitest";

test.each([
  [0, 0],
  [1.5, 1.5],
  [Infinity, Infinity],
  ["infinity", Infinity],
  ["50ms", 50],
  ["10s", 10_000],
  ["1.5s", 1_500],
  ["5m", 300_000],
  ["1h", 3_600_000],
] as const)("reads %o as %o ms", (duration, ms) => {
  expect(durationMs(duration)).toBe(ms);
});

test.each(["", "10", "10 s", "s", "1e3s", "10sec", "Infinity", "0x10ms", ".5s", "5.s"])(
  "refuses the text %o",
  (text) => {
    expect(() => durationMs(text as "1s", "within")).toThrow(
      new TypeError(
        `within: expected milliseconds ≥ 0, or a duration such as "50ms", "10s", "5m", "1h" or "infinity", got ${JSON.stringify(text)}`,
      ),
    );
  },
);

test.each([-1, NaN, -Infinity, "-1s" as const])("refuses %o as out of range", (duration) => {
  expect(() => durationMs(duration)).toThrow(RangeError);
});

test.each([null, undefined, {}, 10n])("refuses %o, which is no duration", (value) => {
  expect(() => durationMs(value as never)).toThrow(TypeError);
});

test("reads as many different texts as there are, every time alike", () => {
  for (let round = 0; round < 2; round += 1) {
    for (let count = 0; count < 1_000; count += 1) expect(durationMs(`${count}s`)).toBe(count * 1_000);
  }
});

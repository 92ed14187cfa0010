import { expect, it } from "vitest";
import { limits, readLimits, type LimitOptions } from "../src/index.ts";

it("has the defaults for what is not said", () => {
  expect(readLimits()).toEqual(limits);
  expect(readLimits({ requestsPerPeer: 7, code: { kept: 5_000 } })).toEqual({
    ...limits,
    requestsPerPeer: 7,
    code: { ...limits.code, kept: 5_000 },
  });
  expect(readLimits({ renewMs: 2_061_584_301, staticKeyMs: 2 ** 31 - 1 }).renewMs).toBe(2_061_584_301);
  expect(readLimits({ offersPerSecond: Infinity }).offersPerSecond).toBe(Infinity);
});

it.each([
  [{ halfOpn: 1 }, /limits\.halfOpn: there is no such limit; expected one of frameBytes, /],
  [{ toString: 1 }, /limits\.toString: there is no such limit/],
  [{ code: { texts: 1 } }, /limits\.code\.texts: there is no such limit; expected one of text, /],
  [{ code: 3 }, /limits\.code: expected an object of limits, got 3/],
  [[], /limits: expected an object of limits/],
  [{ halfOpen: 0 }, /limits\.halfOpen: expected a whole number above 0, got 0/],
  [{ halfOpen: 1.5 }, /limits\.halfOpen: expected a whole number above 0, got 1\.5/],
  [{ halfOpen: "9" }, /limits\.halfOpen: expected a whole number above 0, got "9"/],
  [{ halfOpen: Infinity }, /limits\.halfOpen: expected a whole number above 0, got Infinity/],
  [{ code: { depth: -1 } }, /limits\.code\.depth: expected a whole number above 0, got -1/],
  [
    { handshakeMs: 2 ** 31 },
    /limits\.handshakeMs: expected at most 2147483647 ms, which a timer can wait, got 2147483648/,
  ],
  [{ staticKeyMs: 2 ** 31 }, /limits\.staticKeyMs: expected at most 2147483647 ms/],
  [{ renewMs: 2_061_584_302, staticKeyMs: 2 ** 31 - 1 }, /limits\.renewMs: expected at most 2061584301 ms/],
  [{ renewMs: 90_000_000 }, /limits\.renewMs: expected at most limits\.staticKeyMs \(86400000\), got 90000000/],
  [{ halfOpen: 8 }, /limits\.halfOpenPerAddress: expected at most limits\.halfOpen \(8\), got 64/],
  [{ code: { kept: 10 } }, /limits\.code\.keptOfPeer: expected at most limits\.code\.kept \(10\), got 2000/],
  [{ frameBytes: 70_000 }, /limits\.frameBytes: both ends of a session must have the same, 65535; leave it out/],
])("refuses %j by name", (options, message) => {
  expect(() => readLimits(options as LimitOptions)).toThrow(message);
});

import { randomBytes } from "node:crypto";
import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Plane, planes as allPlanes } from "../../src/protocol/capability.ts";
import { Token } from "../../src/node/serving/token.ts";

const secret = randomBytes(32);
const somePlanes = fc.subarray([...allPlanes]);

describe("a token", () => {
  it("says what it allows, wherever it was narrowed", () => {
    const narrowing = fc.record({
      planes: somePlanes,
      second: fc.option(fc.nat({ max: 2 ** 31 }), { nil: undefined }),
    });
    fc.assert(
      fc.property(somePlanes, fc.array(narrowing, { maxLength: 8 }), (made, narrowings) => {
        let token = Token.make(secret, made);
        let left: readonly Plane[] = made;
        let endMs = Infinity;
        for (const { planes, second } of narrowings) {
          token = token.narrow({ planes, ...(second === undefined ? {} : { until: new Date(second * 1_000) }) });
          left = left.filter((plane) => planes.includes(plane));
          endMs = Math.min(endMs, (second ?? Infinity) * 1_000);
        }
        const read = Token.parse(token.secret);
        expect(read?.isOf(secret)).toBe(true);
        expect(read?.isOf(randomBytes(32))).toBe(false);
        expect(read?.planes).toEqual(allPlanes.filter((plane) => left.includes(plane)));
        expect(read?.untilMs ?? Infinity).toBe(endMs);
        if (endMs < Infinity) expect([read?.isOver(endMs - 1), read?.isOver(endMs)]).toEqual([false, true]);
      }),
      { numRuns: 30 },
    );
  });

  it("is not one any more when any character of it is another", () => {
    const text = Token.make(secret, ["inspect"]).narrow({ until: new Date("2040-01-01") }).secret;
    const characters = ".@ivmc0zA_-";
    for (const index of text.slice(0, -1).split("").keys()) {
      for (const character of characters) {
        if (character === text[index]) continue;
        const changed = text.slice(0, index) + character + text.slice(index + 1);
        expect(Token.parse(changed)?.isOf(secret) ?? false).toBe(false);
      }
    }
  });

  it("cannot be given back what a narrowing took (S326)", () => {
    const [made, , signature] = Token.make(secret, ["inspect", "manage"])
      .narrow({ planes: ["inspect"] })
      .secret.split(".");
    expect(Token.parse(`${made}.${signature}`)?.isOf(secret)).toBe(false);
  });

  it("shows nothing of itself where it is printed", () => {
    const token = Token.make(secret, ["inspect"]);
    const signature = token.secret.split(".").at(-1) as string;
    for (const shown of [inspect(token, { depth: 9, showHidden: true }), JSON.stringify({ token }), String(token)]) {
      expect(shown).not.toContain(signature);
    }
    expect(String(token.narrow({ until: new Date("2040-01-01") }))).toBe(
      "Token(inspect until 2040-01-01T00:00:00.000Z)",
    );
  });

  it("is narrowed eight times at most, and to times that there are", () => {
    let token = Token.make(secret, ["inspect"]);
    for (let count = 0; count < 8; count += 1) token = token.narrow({});
    expect(() => token.narrow({})).toThrow("a token can be narrowed 8 times");
    expect(() => Token.make(secret, []).narrow({ until: new Date(Number.NaN) })).toThrow("until: expected a time");
  });

  it("is no other text", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."ivmc.@09zA_- ".split("")) }), (text) => {
        expect(Token.parse(text)).toBeNull();
      }),
    );
    expect(Token.parse(`i.${"A".repeat(300)}`)).toBeNull();
  });
});

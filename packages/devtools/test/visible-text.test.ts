import { expect, test } from "vitest";
import { pieces, visible } from "../src/browser/shown/visible-text.ts";

test("leaves text that can be seen as it is", () => {
  expect(pieces("order 17: żółć, 注文, 🙂")).toEqual([{ text: "order 17: żółć, 注文, 🙂", sign: false }]);
  expect(pieces("")).toEqual([]);
});

test("shows controls as symbols, and the rest by its number (S341)", () => {
  expect(visible("a\u0000b\u001b[31m\u007f")).toBe("a␀b␛[31m␡");
  expect(visible("user\u202egnp.exe")).toBe("userU+202Egnp.exe");
  expect(visible("a\u200bd\u00admin\ufeff\u2028\u3164")).toBe("aU+200BdU+00ADminU+FEFFU+2028U+3164");
  expect(visible("\u{e0041}")).toBe("U+E0041");
  expect(visible("half \ud83d of it")).toBe("half U+D83D of it");
});

test("keeps line breaks and tabs where lines are shown", () => {
  expect(pieces("a\n\tb\u0007\r\nc", true)).toEqual([
    { text: "a\n\tb", sign: false },
    { text: "␇", sign: true },
    { text: "␍", sign: true },
    { text: "\nc", sign: false },
  ]);
  expect(visible("a\nb")).toBe("a␊b");
});

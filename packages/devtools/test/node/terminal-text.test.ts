import { expect, test } from "vitest";
import { keysOf } from "../../src/node/terminal/keys.ts";
import { asciiTheme, colourTheme, line, plainTheme } from "../../src/node/terminal/line.ts";
import { Painter } from "../../src/node/terminal/painter.ts";
import { clean, cut, pad, widthOf } from "../../src/node/terminal/text.ts";
import { change, count, duration, rate, size } from "../../src/node/terminal/units.ts";

test.each([
  ["a colour", "a\u001B[31mb", "ab"],
  ["a move of the cursor", "a\u001B[2;2Hb", "ab"],
  ["a title of the window, and what it would type", "a\u001B]0;evil\u0007b", "ab"],
  ["an unfinished sequence", "a\u001B[", "a["],
  ["an eight-bit sequence", "a\u009B31mb", "ab"],
  ["lines", "a\r\nb\tc\u2028d", "a b c d"],
  ["a backspace and a bell", "a\b\u0007b", "ab"],
  ["text that would run the other way", "a\u202Egnp.exe\u202C\u2066b\u2069\u200Fc", "agnp.exebc"],
  ["what is invisible", "a\u200B\u200D\uFEFF\u2060\u00AD\u{E0041}b\u3164", "ab"],
  ["half of a letter", "a\uD800b", "ab"],
  ["marks without end", `a${"\u0301".repeat(100)}b`, `a${"\u0301".repeat(4)}b`],
  ["other people's letters", "Łódź 東京 привет", "Łódź 東京 привет"],
])("of %s nothing gets to the terminal but text (S331)", (_, raw, text) => {
  expect(clean(raw)).toBe(text);
});

test.each([
  ["abc", 3],
  ["Łódź", 4],
  ["e\u0301", 1],
  ["東京", 4],
  ["ｱ", 1],
  ["Ａ", 2],
  ["한글", 4],
  ["🦊", 2],
  ["🇵🇱", 2],
  ["☀", 1],
  ["─", 1],
])("%s takes %i columns", (text, width) => {
  expect(widthOf(text)).toBe(width);
});

test("text is cut between letters and padded to columns", () => {
  expect(cut("order", 5)).toBe("order");
  expect(cut("orders", 5)).toBe("orde…");
  expect(cut("東京都", 5)).toBe("東京…");
  expect(cut("東京都", 4)).toBe("東…");
  expect(cut("e\u0301e\u0301e\u0301", 2)).toBe("e\u0301…");
  expect(cut("ab", 0)).toBe("");
  expect(pad("東京都", 4)).toBe("東… ");
  expect(pad("12", 4, true)).toBe("  12");
});

test("a line is never wider than the screen, and has no escape but its own", () => {
  const hostile = `\u001B[2J${"東".repeat(50)}\u001B[H`;
  expect(widthOf(line(["pid ", ["strong", hostile], hostile], 20, plainTheme))).toBe(19);
  expect(line([["critical", "\u001B[31ma"]], 20, colourTheme(true))).toBe("\u001B[1;31ma\u001B[0m");
  expect(line(["a"], 4, plainTheme, "chosen")).toBe("a   ");
  expect(line(["▸ ü …"], 20, asciiTheme)).toBe("+ ? >");
});

test("numbers fit their columns", () => {
  expect([0, 999, 41_203, 999_999, 1_234_567, 2.5e9].map(count)).toEqual([
    "0",
    "999",
    "41,203",
    "999,999",
    "1.2M",
    "2.5G",
  ]);
  expect([null, 0, 0.44, 12.4, -3, -4_000].map(rate)).toEqual(["-", "0", "0.4", "12", "-3.0", "-4,000"]);
  expect([null, 0, 31, -4].map(change)).toEqual(["-", "0", "+31", "-4.0"]);
  expect([12, 1_500, 42_000, 185_000, 8_040_000, 273_600_000].map(duration)).toEqual([
    "12ms",
    "1.5s",
    "42s",
    "3m 5s",
    "2h 14m",
    "3d 4h",
  ]);
  expect([900, 2_048, 310 * 2 ** 20].map(size)).toEqual(["900 B", "2.0 KiB", "310 MiB"]);
});

test("keys come out of what a terminal sends", () => {
  expect(keysOf("jK東\u001B[A\u001BOB\r\u007F\u0003\u001B[<0;3;4Mq\u001B")).toEqual([
    "j",
    "K",
    "東",
    "up",
    "down",
    "enter",
    "backspace",
    "interrupt",
    "q",
    "escape",
  ]);
});

test("only lines that changed are painted, and lines that went are cleared", () => {
  const written: string[] = [];
  const painter = new Painter({ write: (text) => written.push(text) });
  painter.open();
  painter.paint(["a", "b"]);
  painter.paint(["a", "c"]);
  painter.paint(["a", "c"]);
  painter.paint(["a"]);
  painter.close();
  const [begin, first, second, third, end] = written.map((text) => text.replaceAll("\u001B[", "^"));
  expect(begin).toBe("^?1049h^?25l^?7l^2J");
  expect(first).toBe("^?2026h^1;1Ha^K^2;1Hb^K^?2026l");
  expect(second).toBe("^?2026h^2;1Hc^K^?2026l");
  expect(third).toBe("^?2026h^2;1H^K^?2026l");
  expect(end).toBe("^?2026l^?7h^?25h^?1049l");
});

import { stripVTControlCharacters } from "node:util";

/**
 * What a program says, as it may be written to a terminal: on one line, and nothing in it moves the cursor, colours, hides or turns what
 * stands around it (Trojan Source, CVE-2021-42574). White space becomes a space; control characters, what is invisible and what the
 * installed Unicode does not know go; of marks on one letter four stay.
 */
export function clean(text: string): string {
  if (/^[\u0020-\u007e]*$/.test(text)) return text;
  return stripVTControlCharacters(text)
    .replaceAll(/[\t\n\v\f\r\u0085\u2028\u2029]+/g, " ")
    .replaceAll(/[\p{C}\p{Default_Ignorable_Code_Point}]/gu, "")
    .replaceAll(/(\p{M}{4})\p{M}+/gu, "$1");
}

/** Text of several lines, each {@link clean}. */
export function cleanLines(text: string): string[] {
  return text.split(/\r?\n|\r/).map(clean);
}

/** In how many columns a terminal shows it; it must be {@link clean}. Marks take none, East Asian wide letters and emoji two. */
export function widthOf(text: string): number {
  if (/^[\u0020-\u007e]*$/.test(text)) return text.length;
  let width = 0;
  for (const letter of text) width += widthOfLetter(letter);
  return width;
}

/** The beginning of it, `columns` wide at most; where something had to go it ends with `ellipsis`. Letters stay whole. */
export function cut(text: string, columns: number, ellipsis = "…"): string {
  if (widthOf(text) <= columns) return text;
  const room = columns - widthOf(ellipsis);
  if (room < 0) return "";
  let kept = "";
  let width = 0;
  for (const { segment } of letters.segment(text)) {
    width += widthOf(segment);
    if (width > room) break;
    kept += segment;
  }
  return kept + ellipsis;
}

/** Exactly `columns` wide: cut, or with spaces behind it (`right`: before it). */
export function pad(text: string, columns: number, right = false, ellipsis = "…"): string {
  const kept = cut(text, columns, ellipsis);
  const spaces = " ".repeat(Math.max(0, columns - widthOf(kept)));
  return right ? spaces + kept : kept + spaces;
}

const letters = new Intl.Segmenter("en", { granularity: "grapheme" });

function widthOfLetter(letter: string): number {
  const point = letter.codePointAt(0)!;
  if (point < 0x300) return 1;
  if (/^(?:[\p{Mn}\p{Me}]|[\u1160-\u11ff])$/u.test(letter)) return 0;
  // Two of them are a flag.
  if (/^\p{Regional_Indicator}$/u.test(letter)) return 1;
  if (wide.some(([from, to]) => point >= from && point <= to)) return 2;
  return /^\p{Emoji_Presentation}$/u.test(letter) ? 2 : 1;
}

/** East_Asian_Width W and F (UAX 11), in few ranges: what they hold besides are marks and what is not assigned. */
const wide: readonly (readonly [from: number, to: number])[] = [
  [0x1100, 0x115f],
  [0x2329, 0x232a],
  [0x2e80, 0x303e],
  [0x3041, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe10, 0xfe19],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x16fe0, 0x18dff],
  [0x1aff0, 0x1b2ff],
  [0x1f200, 0x1f265],
  [0x20000, 0x3fffd],
];

import { clean, cut, widthOf } from "./text.ts";

/** How a piece of a line looks. */
export type Look = "plain" | "strong" | "faint" | "good" | "warning" | "critical" | "chosen" | "title";

/** A piece of a line: what comes from the program goes in as it is. */
export type Piece = string | readonly [look: Look, text: string];

/** What a terminal can show. */
export interface Theme {
  /** Writes the piece in its look; the text is clean, and not to be changed. */
  paint(look: Look, text: string): string;
  /** Whether there are more letters than those of ASCII. */
  readonly unicode: boolean;
}

/** No colours: for pipes, `NO_COLOR` and tests. */
export const plainTheme: Theme = { paint: (_look, text) => text, unicode: true };

/** ASCII only, and no colours. */
export const asciiTheme: Theme = { paint: (_look, text) => text, unicode: false };

/** The sixteen colours of the terminal's own palette, so that it stays readable on light and dark. */
const codes: Readonly<Record<Look, string>> = {
  plain: "",
  strong: "1",
  faint: "2",
  good: "32",
  warning: "33",
  critical: "1;31",
  chosen: "7",
  title: "1;36",
};

export function colourTheme(unicode: boolean): Theme {
  return {
    paint: (look, text) => (codes[look] === "" ? text : `\u001B[${codes[look]}m${text}\u001B[0m`),
    unicode,
  };
}

/**
 * A line of pieces, `columns` wide at most; with a `fill` exactly. Everything that gets to a terminal goes through here: it cleans the text of
 * each piece, so nothing that a program says can be more than text.
 */
export function line(pieces: readonly Piece[], columns: number, theme: Theme, fill?: Look): string {
  let written = "";
  let left = columns;
  for (const piece of pieces) {
    const [look, raw] = typeof piece === "string" ? (["plain", piece] as const) : piece;
    const whole = shown(raw, theme);
    const text = cut(whole, left, ellipsisOf(theme));
    left -= widthOf(text);
    if (text !== "") written += theme.paint(fill ?? look, text);
    if (text !== whole) break;
  }
  return fill === undefined || left <= 0 ? written : written + theme.paint(fill, " ".repeat(left));
}

/** As the terminal can show it: clean, and where it has ASCII only with a `?` for every other letter. */
export function shown(text: string, theme: Theme): string {
  const cleaned = clean(text);
  if (theme.unicode) return cleaned;
  return cleaned.replaceAll(/[^\u0020-\u007e]/gu, (letter) => substitutes[letter] ?? "?");
}

export function ellipsisOf(theme: Theme): string {
  return theme.unicode ? "…" : ">";
}

/** For what the screens themselves are drawn with. */
const substitutes: Readonly<Record<string, string>> = {
  "…": ">",
  "▸": "+",
  "▾": "-",
  "·": ".",
  "›": ">",
  "●": "*",
  "▲": "!",
  "─": "-",
  "—": "-",
  "▁": "_",
  "▂": "_",
  "▃": ".",
  "▄": ".",
  "▅": "-",
  "▆": "-",
  "▇": "=",
  "█": "#",
};

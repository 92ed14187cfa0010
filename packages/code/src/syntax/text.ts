import type { Place } from "./tree.ts";

/** Code to be written out: text, and marks that say where in the author's text what follows stood. */
export type Text = string | Place | readonly Text[];

/** A template that makes a {@link Text} of texts. */
export function text(strings: TemplateStringsArray, ...values: readonly Text[]): Text {
  return strings.flatMap((string, index) => (index === 0 ? [string] : [values[index - 1] as Text, string]));
}

/** The texts with a separator between each two. */
export function join(texts: readonly Text[], separator: string): Text {
  return texts.flatMap((one, index) => (index === 0 ? [one] : [separator, one]));
}

/**
 * Writes `text` so that marks end up on their line, and on their column when they are the first on it; a mark for a line that has
 * passed is ignored.
 *
 * @param lineOne the line on which the marks' first line is to be.
 */
export function render(text: Text, lineOne = 1): string {
  const out: string[] = [];
  let line = 2 - lineOne;
  const write = (part: Text): void => {
    if (typeof part === "string") {
      out.push(part);
      for (let at = part.indexOf("\n"); at >= 0; at = part.indexOf("\n", at + 1)) line++;
    } else if (isPlace(part)) {
      if (part.line <= line) return;
      out.push("\n".repeat(part.line - line), " ".repeat(Math.max(0, part.column)));
      line = part.line;
    } else {
      part.forEach(write);
    }
  };
  write(text);
  return out.join("");
}

function isPlace(text: Place | readonly Text[]): text is Place {
  return "line" in text;
}

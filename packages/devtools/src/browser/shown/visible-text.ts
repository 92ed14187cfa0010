/** A piece of text: as it is, or a sign in place of characters that nobody would see. */
export interface Piece {
  readonly text: string;
  readonly sign: boolean;
}

// Controls, formatting such as zero-width and direction marks, halves of characters, separators of lines, and letters that are empty.
const unseen = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\u115f\u1160\u3164\uffa0]+/gu;

/**
 * Text of the program in pieces, so that nothing in it is unseen or moves what stands around it: a control character becomes its symbol, such as
 * `␛`, any other its number, such as `U+202E`. `lines`: line breaks and tabs stay as they are.
 */
export function pieces(text: string, lines = false): readonly Piece[] {
  const found: Piece[] = [];
  let from = 0;
  const plain = (to: number): void => {
    if (to > from) found.push({ text: text.slice(from, to), sign: false });
  };
  for (const { 0: run, index } of text.matchAll(unseen)) {
    let at = index;
    for (const character of run) {
      if (!(lines && (character === "\n" || character === "\t"))) {
        plain(at);
        found.push({ text: signOf(character), sign: true });
        from = at + character.length;
      }
      at += character.length;
    }
  }
  plain(text.length);
  return found;
}

/** The same in one string, for titles and labels. */
export function visible(text: string): string {
  return pieces(text)
    .map((piece) => piece.text)
    .join("");
}

function signOf(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  if (code === 0x7f) return "\u2421";
  return `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
}

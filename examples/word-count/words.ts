import { fn } from "espalier";

export type Counts = Map<string, number>;

/** How often each word occurs in `text`: letters and digits, with inner apostrophes and hyphens, in lower case. */
export const countWords = fn((text: string): Counts => {
  const counts: Counts = new Map();
  for (const [word] of text.toLowerCase().matchAll(/[\p{L}\p{N}]+(?:['’-][\p{L}\p{N}]+)*/gu)) {
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return counts;
});

/** Adds `more` to `counts`. */
export const addCounts = fn((counts: Counts, more: Counts): Counts => {
  for (const [word, times] of more) counts.set(word, (counts.get(word) ?? 0) + times);
  return counts;
});

/** `text` in pieces of `lines` lines: no word is cut. */
export function pieces(text: string, lines = 10): string[] {
  const all = text.split("\n");
  const out: string[] = [];
  for (let from = 0; from < all.length; from += lines) out.push(all.slice(from, from + lines).join("\n"));
  return out;
}

/** Whether two counts agree, and if not, the first words in which they differ. */
export function differences(counted: Counts, expected: Counts, most = 5): string[] {
  const out: string[] = [];
  for (const word of new Set([...expected.keys(), ...counted.keys()])) {
    const [is, should] = [counted.get(word) ?? 0, expected.get(word) ?? 0];
    if (is !== should) out.push(`"${word}": ${is} instead of ${should}`);
    if (out.length === most) break;
  }
  return out;
}

/** Where a definition's text begins: so that its stack traces, after any number of moves, show the author's lines. */
export interface Origin {
  /** The script's URL or path. */
  readonly file: string;
  /** The line of the text's first line, from 1. */
  readonly line: number;
}

/** What may stand in a `sourceURL` comment: it must not end the comment. */
const writable = /^[\w./:@%+~#?&=-]+$/;

/**
 * Where the caller of `remote` or `fn` stands, from an error made there; null when the engine does not tell. The text is taken to begin
 * on the line of the call.
 *
 * @param depth how many calls of our own lie between the error and the author's code.
 */
export function originOf(site: Error, depth: number): Origin | null {
  const frame = site.stack?.split("\n").filter((line) => /^\s+at /.test(line))[depth];
  const match = /(?:\(|at )(?:async )?((?:file:|https?:|\/)[^()]*):(\d+):\d+\)?$/.exec(frame ?? "");
  if (match === null || !writable.test(match[1] as string)) return null;
  return { file: match[1] as string, line: Number(match[2]) };
}

/** The origin of a definition that came from a peer: its own text, under its name. */
export function originOfText(name: string, hash: string): Origin {
  return { file: `espalier:${name.replaceAll(/[^\w.-]/g, "_")}#${hash}`, line: 1 };
}

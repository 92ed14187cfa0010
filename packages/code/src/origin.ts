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

/**
 * A place in a definition as a stack trace has it: function, file, line and column.
 *
 * @param place in the definition's text; its beginning when there is none.
 */
export function placeIn(
  name: string,
  origin: Origin | null,
  place: { readonly line: number; readonly column: number } = { line: 1, column: 0 },
): string {
  if (origin === null) return `${name} (<anonymous>)`;
  return `${name} (${origin.file}:${origin.line + place.line - 1}:${place.column + 1})`;
}

/** An origin as it travels: `file:line`. */
export function writeOrigin({ file, line }: Origin): string {
  return `${file}:${line}`;
}

/** Each line before a definition is a line break in what is evaluated: a peer must not ask for any number of them. */
const lineMax = 100_000;

/** The origin that a peer states for a definition; its own text, under its name, when there is none that can be used. */
export function readOrigin(stated: string | undefined, name: string, hash: string): Origin {
  const [, file, line] = /^(.+):(\d{1,6})$/.exec(stated ?? "") ?? [];
  if (file !== undefined && writable.test(file) && Number(line) >= 1 && Number(line) <= lineMax)
    return { file, line: Number(line) };
  return { file: `espalier:${name.replaceAll(/[^\w.-]/g, "_")}#${hash}`, line: 1 };
}

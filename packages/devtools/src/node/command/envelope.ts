import type { NodeSheet } from "../../protocol/sheets.ts";

/** Raised whenever a program that reads older ones could misread one; fields may be added. */
export const envelopeSchema = "espalier.cli/1";

/** Of an error: for programs, for people, and what to do next. */
export interface Problem {
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
}

/** What `--json` prints, also when something went wrong: then `data` is null. */
export interface Envelope {
  readonly schema: typeof envelopeSchema;
  readonly command: string;
  /** Null: it came to none. */
  readonly target: {
    /** Of the operating system. */
    readonly pid: number;
    readonly title: string;
    readonly runtime: string;
    readonly node: string;
    readonly incarnation: string;
  } | null;
  readonly capture: {
    /** When the answer was complete, in milliseconds since 1970. */
    readonly atMs: number;
    /** How long it took, the way there and back included. */
    readonly tookMs: number;
    /** What looking costs the program's event loop, in milliseconds a second; null when that was not asked for. */
    readonly costMsPerSecond: number | null;
    /** Whether `data` is all that there is; else a warning says what is not there. */
    readonly complete: boolean;
  };
  readonly data: unknown;
  readonly warnings: readonly string[];
  readonly errors: readonly Problem[];
}

export function targetOf({ id, incarnation, program }: NodeSheet): NonNullable<Envelope["target"]> {
  return { ...program, node: id, incarnation };
}

/**
 * As JSON for a pipe or a terminal: what a terminal could take for more than text, such as an eight-bit escape sequence or letters that turn
 * the direction, is escaped.
 */
export function printJson(value: unknown): string {
  return JSON.stringify(value, null, 2).replaceAll(/[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]/gu, (letter) =>
    Array.from({ length: letter.length }, (_, at) => `\\u${letter.charCodeAt(at).toString(16).padStart(4, "0")}`).join(
      "",
    ),
  );
}

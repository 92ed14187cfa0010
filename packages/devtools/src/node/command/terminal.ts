import type { Tty } from "../terminal/tty.ts";

/** Where a command says what it has to say, and where it was called. */
export interface Terminal {
  /** To the standard output, one line. */
  out(line: string): void;
  /** To the standard error, one line. */
  error(line: string): void;
  /** What paths are relative to. */
  readonly cwd: string;
  /** Aborted when the program is asked to end. */
  readonly stop: AbortSignal;
  readonly tty: Tty;
}

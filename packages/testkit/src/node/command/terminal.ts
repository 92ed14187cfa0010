/** Where a command says what it has to say, and where it was called. */
export interface Terminal {
  out(line: string): void;
  error(line: string): void;
  /** What paths are relative to. */
  readonly cwd: string;
  /** Aborted when the program is asked to end. */
  readonly stop: AbortSignal;
}

/** What the commands end with. */
export const exitCodes = {
  ok: 0,
  /** `doctor` found something that somebody should look at. */
  found: 1,
  /** The command line makes no sense, or leaves open which program or process is meant. */
  usage: 2,
  /** The program refused, was not reached, or does not have what was asked for. */
  refused: 3,
  internal: 4,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Ends a command: what is wrong, and what to do next. */
export class CommandError extends Error {
  readonly exitCode: ExitCode;
  /** For programs that read the JSON. */
  readonly code: string;
  readonly hint: string | null;

  constructor(exitCode: ExitCode, code: string, message: string, hint: string | null = null) {
    super(message);
    this.name = "CommandError";
    this.exitCode = exitCode;
    this.code = code;
    this.hint = hint;
  }
}

/** The command line makes no sense; the message says what would. */
export function usageError(message: string): CommandError {
  return new CommandError(exitCodes.usage, "USAGE", message);
}

/** What a command ends with that ran into this. Errors of the world have a code; others are bugs. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CommandError) return error.exitCode;
  return typeof (error as { readonly code?: unknown } | null)?.code === "string"
    ? exitCodes.refused
    : exitCodes.internal;
}

/**
 * A function cannot become a definition: the message names it, its line, what is wrong and what to write instead. Thrown where the
 * function is defined, or where code from a peer is admitted.
 */
export class DefinitionError extends Error {
  readonly code = "DEFINITION";
  /** The line of the function's text, from 1; null when the whole function is meant. */
  readonly line: number | null;

  constructor(message: string, line: number | null = null) {
    super(message);
    this.name = "DefinitionError";
    this.line = line;
  }
}

/**
 * Code from a peer, or a frame of it, was not let in: a wrong hash, a missing dependency, an unknown builtin, another version. Or no code may
 * be evaluated here at all.
 */
export class CodeRefusedError extends Error {
  readonly code = "CODE_REFUSED";

  constructor(message: string, options?: { readonly cause: unknown }) {
    super(message, options);
    this.name = "CodeRefusedError";
  }
}

/** Refuses a definition because of one of its lines. */
export function refuse(name: string, problem: string, line: number): never {
  throw new DefinitionError(`${name}: ${problem} (line ${line} of the function)`, line);
}

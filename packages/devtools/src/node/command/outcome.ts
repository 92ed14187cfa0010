import type { NodeSheet } from "../../protocol/sheets.ts";
import type { Piece, Theme } from "../terminal/line.ts";
import type { Asked } from "../terminal/top.ts";
import { exitCodes, type ExitCode } from "./exit-code.ts";

/** What a one-shot command has found. */
export interface Outcome {
  /** For `--json`. */
  readonly data: unknown;
  /** For people. `columns`: of the terminal; null: as wide as it is. */
  lines(columns: number | null, theme: Theme): readonly (readonly Piece[])[];
  readonly warnings: readonly string[];
  readonly isComplete: boolean;
  readonly exitCode: ExitCode;
}

/** The program that a one-shot command asks, and the node that it is about. */
export interface Asking {
  readonly program: Asked;
  readonly node: NodeSheet;
  /** Aborted when the command is to end. */
  readonly stop: AbortSignal;
}

export function outcome(data: unknown, lines: Outcome["lines"], more: Partial<Outcome> = {}): Outcome {
  return { data, lines, warnings: [], isComplete: true, exitCode: exitCodes.ok, ...more };
}

import { describe, travelsAsError } from "@espalier/heartbeat";
import type { Travels } from "@espalier/runtime";
import { CodeRefusedError, DefinitionError } from "./errors.ts";

/** Errors of code arrive as what they were, for whoever catches one. */
export const errorTravels: readonly Travels[] = [
  travelsAsError(
    "error.code-refused",
    CodeRefusedError,
    () => [],
    () => ({ code: "CODE_REFUSED" }),
  ),
  travelsAsError(
    "error.definition",
    DefinitionError,
    ({ line }) => [line],
    (line) => {
      if (line === null || (Number.isSafeInteger(line) && (line as number) > 0)) return { code: "DEFINITION", line };
      throw new TypeError(`error.definition: expected the number of a line, got ${describe(line)}`);
    },
  ),
];

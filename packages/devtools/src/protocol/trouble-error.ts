import type { Trouble } from "./requests.ts";

/** What was asked for was refused, or failed. */
export class TroubleError extends Error {
  readonly code: Trouble["code"];
  /** What to do next. */
  readonly hint: string | null;

  constructor({ code, message, hint }: Trouble) {
    super(message);
    this.name = "TroubleError";
    this.code = code;
    this.hint = hint;
  }

  /** It, as it is sent. */
  get trouble(): Trouble {
    return { code: this.code, message: this.message, hint: this.hint };
  }
}

/** What was said makes no sense. @param where the field, such as `parameters.sort.by`. */
export function invalid(where: string, expected: string, found: unknown): TroubleError {
  return new TroubleError({
    code: "invalid",
    message: `${where}: expected ${expected}, got ${shape(found)}`,
    hint: null,
  });
}

/** A value in a few words, whatever it is. It came from outside, and may be long. */
function shape(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null || typeof value === "boolean" || typeof value === "number") return String(value);
  if (typeof value === "string") {
    return value.length <= shownMax ? JSON.stringify(value) : `a text of ${value.length} characters`;
  }
  return Array.isArray(value) ? `an array of ${value.length}` : `a value of type ${typeof value}`;
}

const shownMax = 60;

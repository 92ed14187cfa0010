import { TroubleError } from "../../protocol/trouble-error.ts";

/** Of one value. */
export const answerMaxBytes: number = 1024 * 1024;

/** To how many characters texts are cut in an answer that would be too long. */
const textMax = 500;

/**
 * An answer as JSON. Where it would be too long its long texts are cut: names and labels have any length, and one process must not keep all others from being
 * seen.
 *
 * @throws TroubleError when it is too long all the same.
 */
export function answerText(answer: object, maxBytes: number): string {
  const whole = JSON.stringify(answer);
  if (whole.length <= maxBytes) return whole;
  const text = JSON.stringify(answer, (_name, value: unknown) => (typeof value === "string" ? cut(value) : value));
  if (text.length <= maxBytes) return text;
  throw new TroubleError({
    code: "too-many",
    message: `the answer would have ${text.length} bytes, and may have ${maxBytes}`,
    hint: "ask for fewer rows, or with a filter",
  });
}

function cut(text: string): string {
  return text.length <= textMax ? text : `${text.slice(0, textMax)}…`;
}

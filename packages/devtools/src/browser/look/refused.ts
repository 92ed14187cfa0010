import { h, type ComponentChild } from "../h.ts";
import { Said } from "../shown/said.ts";
import { TroubleError } from "../store.ts";

/** Why something was not done, and what to do next. */
export interface Refusal {
  readonly message: string;
  readonly hint: string | null;
}

export function refusalOf(error: unknown): Refusal {
  // Not the error itself: what an Error says is not among what is copied into the properties of a component.
  if (error instanceof TroubleError) return { message: error.message, hint: error.hint };
  return {
    message: "The program does not answer.",
    hint: "Look whether it still runs; the page connects again by itself.",
  };
}

/** Says it at once to those who do not see it. */
export function Refused({ message, hint }: Refusal): ComponentChild {
  return h(
    "div",
    { class: "refused", role: "alert" },
    h("p", null, h(Said, { text: message, lines: true })),
    hint === null ? null : h("p", { class: "quiet" }, h(Said, { text: hint, lines: true })),
  );
}

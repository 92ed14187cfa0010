// A program that runs examples one after the other, so that they load the packages once: a message names the module to run, and the answer
// says what came of it.

import { takeChecked, type Checked } from "./check.ts";

export interface Ran {
  /** What it threw; null: it came to its end. */
  readonly error: string | null;
  readonly checked: readonly Checked[];
}

process.on("message", (url: string) => {
  takeChecked();
  const answer = (error: unknown): void => {
    const ran: Ran = { error: error === null ? null : String((error as Error).stack), checked: takeChecked() };
    process.send?.(ran);
  };
  import(url).then(() => answer(null), answer);
});

import type { Applied, Controls } from "./controls.ts";
import type { Fields } from "./fields.ts";

/** Everything that is particular to one kind of fault. */
export interface FaultKind<Own extends object> {
  /** Its own fields, checked. @throws TypeError or RangeError naming the field, what was expected and what was found. */
  readonly check: (fields: Fields) => Own;
  /** In a few words, such as `crash a`. */
  readonly describe: (fault: Own) => string;
  /** Why it most likely had no effect, if it had none. */
  readonly inert: string;
  /** @throws UnsupportedFaultError when the world cannot do it. */
  readonly begin: (fault: Own, controls: Controls) => Applied;
}

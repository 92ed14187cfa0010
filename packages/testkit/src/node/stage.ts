import type { Occupant } from "../world/occupant.ts";

/**
 * Whose code runs now: a node's from the beginning of one of its events until everything that promises made of that is done. Null while the
 * kit, a test or anything else runs.
 */
export interface Stage {
  occupant: Occupant | null;
}

/** One for the whole thread, however often this module is loaded: what it guards is there only once, too. */
export const stage: Stage = ((globalThis as { [key: symbol]: Stage | undefined })[
  Symbol.for("@espalier/testkit stage")
] ??= { occupant: null });

/** Does something that is not the doing of the node whose code runs. */
export function offStage<T>(work: () => T): T {
  const { occupant } = stage;
  stage.occupant = null;
  try {
    return work();
  } finally {
    stage.occupant = occupant;
  }
}

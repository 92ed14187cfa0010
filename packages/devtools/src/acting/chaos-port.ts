import type { ChaosAction } from "../protocol/requests.ts";

/** What does harm to a running node on purpose. Dev tools have none by themselves: `chaosActions` of `@espalier/testkit` makes one. */
export interface ChaosPort {
  /** What there is to do on this node. */
  list(): readonly ChaosAction[];
  /**
   * Does it, and says in a sentence what was done, once it is: an action with a duration goes on after that.
   *
   * Rejects with an error that says what was expected and what was found when there is no such action, or its parameters make no sense.
   *
   * @param parameters by the names that {@link ChaosPort.list} gives.
   */
  do(action: string, parameters: Readonly<Record<string, string>>): Promise<string>;
}

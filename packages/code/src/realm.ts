import { CodeRefusedError } from "./errors.ts";
import { globalValue } from "./globals.ts";

/** A global scope that code can be evaluated in: the port between {@link InRealm} and what surrounds the code. */
export interface Realm {
  /** What it is, for people: such as "in this node". */
  readonly place: string;
  /** The value of an expression in strict mode. The expression is a function that gets all that it uses as parameters. */
  evaluate(source: string): unknown;
  /** What the name of a standard global stands for; undefined where there is none. */
  global(name: string): unknown;
}

/**
 * This program's own realm.
 *
 * This is scope, not a sandbox. What the code can reach through values it can reach: `(() => 0).constructor` makes functions that see
 * the whole global scope. So the code of a peer is evaluated here only if the peer is trusted as this program is.
 */
export const nodeRealm: Realm = {
  place: "in this node",
  evaluate(source) {
    try {
      // oxlint-disable-next-line no-eval -- This is what code from a trusted peer comes to; see above for what may come here.
      return (0, eval)(source);
    } catch (error) {
      if (!(error instanceof EvalError)) throw error;
      throw new CodeRefusedError(
        "code may not be evaluated here, and computations that move are evaluated wherever they run: allow 'unsafe-eval' in the script-src of the page's content security policy, or start Node without --disallow-code-generation-from-strings",
        { cause: error },
      );
    }
  },
  global: globalValue,
};

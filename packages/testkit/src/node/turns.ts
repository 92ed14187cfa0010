/** Steps in one round of the event loop: a round costs more than a step. */
const stepsPerRound = 32;

/**
 * Calls `step` until it returns false. Between two calls everything that promises bring is done, however long the chain: Node empties its
 * queue of microtasks after each immediate, and does nothing else between two of them that are due in the same round.
 *
 * Rejects with what `step` throws.
 */
export function takeTurns(step: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    let done = false;
    const turn = (): void => {
      if (done) return;
      try {
        if (step()) return;
        done = true;
        resolve();
      } catch (error) {
        done = true;
        reject(error);
      }
    };
    const last = (): void => {
      turn();
      if (!done) round();
    };
    const round = (): void => {
      for (let steps = 1; steps < stepsPerRound; steps += 1) setImmediate(turn);
      setImmediate(last);
    };
    round();
  });
}

// Before anybody puts something else in its place.
const { setImmediate } = globalThis;

/** Steps in one round of the event loop: a round costs more than a step. */
const stepsPerRound = 32;

/**
 * Calls `step` until it returns false. Between two calls everything that promises bring is done, however long the chain: Node empties its
 * queue of microtasks after each immediate, and does nothing else between two of them that are due in the same round. Before it does anything
 * else, and at the end, `pause` is called.
 *
 * Rejects with what `step` throws.
 */
export function takeTurns(step: () => boolean, pause: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    let done = false;
    const turn = (): void => {
      if (done) return;
      try {
        if (step()) return;
        done = true;
        pause();
        resolve();
      } catch (error) {
        done = true;
        pause();
        reject(error);
      }
    };
    const round = (): void => {
      if (done) return;
      for (let steps = 0; steps < stepsPerRound; steps += 1) setImmediate(turn);
      // Made in one go, so nobody else's immediate is between them.
      setImmediate(last);
    };
    const last = (): void => {
      pause();
      round();
    };
    round();
  });
}

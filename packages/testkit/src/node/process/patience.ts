import type { RealTime } from "./real-time.ts";

/** Waiting for what others bring about: whoever waits looks again whenever it is woken. */
export class Patience {
  readonly #isInVain: () => boolean;
  readonly #waiting = new Set<() => void>();

  /** @param isInVain whether nothing that is waited for matters any more. */
  constructor(isInVain: () => boolean) {
    this.#isInVain = isInVain;
  }

  /** Whether `condition` holds within that time of the world; it ends at once when all is in vain. */
  async until(condition: () => boolean, time: RealTime, withinMs: number): Promise<boolean> {
    let isOver = false;
    const limit = time.after(withinMs, () => {
      isOver = true;
      this.wake();
    });
    while (!isOver && !this.#isInVain() && !condition()) {
      await new Promise<void>((resolve) => void this.#waiting.add(resolve));
    }
    time.cancel(limit);
    return this.#isInVain() || condition();
  }

  /** Something has changed. */
  wake(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const resolve of waiting) resolve();
  }
}

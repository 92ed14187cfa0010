import type { NodeProcess } from "./node-process.ts";
import type { Patience } from "./patience.ts";
import type { RealTime } from "./real-time.ts";

/** How often nodes are looked at while the workload goes on. */
const workLookMs = 100;
/** Two looks at a node that does something are this far apart at least. */
const newsLookMs = 10;

/** Asks the nodes of a run how they are: now and then, and soon after they did something. */
export class Lookout {
  readonly #nodes: readonly NodeProcess<unknown>[];
  readonly #patience: Patience;
  #isLooking = false;

  constructor(nodes: readonly NodeProcess<unknown>[], patience: Patience) {
    this.#nodes = nodes;
    this.#patience = patience;
  }

  /** Asks all that can answer, and gives the names of those that do not within that time. */
  async look(time: RealTime, withinMs: number): Promise<readonly string[]> {
    const asked = this.#nodes.filter(({ state }) => state === "running");
    const answered = new Set<string>();
    const looks = asked.map(async (node) => {
      // One whose process ends has nothing to answer.
      await node.look();
      answered.add(node.name);
      this.#patience.wake();
    });
    await Promise.race([
      Promise.all(looks),
      this.#patience.until(() => answered.size === asked.length, time, withinMs),
    ]);
    return asked.filter(({ name }) => !answered.has(name)).map(({ name }) => name);
  }

  /** Goes on looking for as long as that is wanted. */
  begin(time: RealTime, isWanted: () => boolean): void {
    time.after(workLookMs, () => {
      for (const node of this.#nodes) if (node.state === "running") node.tell({ type: "look" });
      if (isWanted()) this.begin(time, isWanted);
    });
  }

  /** A node did something. */
  soon(time: RealTime): void {
    if (this.#isLooking) return;
    this.#isLooking = true;
    time.after(newsLookMs, () => {
      this.#isLooking = false;
      for (const node of this.#nodes) if (node.hasNews && node.state === "running") node.tell({ type: "look" });
    });
  }

  /** What a node did must be seen in how it looks: some properties compare the two. */
  get isBehind(): boolean {
    return this.#nodes.some(({ hasNews, state }) => hasNews && state === "running");
  }
}

import type { NodeProcess } from "./node-process.ts";
import { machineMs } from "./real-time.ts";

/** A process of a machine that is fast enough answers within this. */
const promptMs = 25;
const pings = 5;
const dilationMax = 8;

/** How many real milliseconds one of a run should take, as these processes answer now. */
export async function measureDilation(nodes: readonly NodeProcess<unknown>[]): Promise<number> {
  let worstMs = 0;
  for (let round = 0; round < pings; round += 1) {
    const sinceMs = machineMs();
    const answers = nodes.map((node) => {
      const answer = node.hears("pong");
      node.tell({ type: "ping" });
      return answer;
    });
    await Promise.all(answers);
    worstMs = Math.max(worstMs, machineMs() - sinceMs);
  }
  return Math.min(Math.max(worstMs / promptMs, 1), dilationMax);
}

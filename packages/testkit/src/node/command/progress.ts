import { elapsedMs } from "../elapsed.ts";
import type { Terminal } from "./terminal.ts";

/** How often it says how far it is. */
const progressMs = 10_000;

/** Says now and then how many runs of a scenario are done. */
export function progress(name: string, terminal: Terminal): (runs: number) => void {
  let toldMs = elapsedMs();
  return (runs) => {
    if (elapsedMs() - toldMs < progressMs) return;
    toldMs = elapsedMs();
    terminal.error(`${name}: ${runs} runs`);
  };
}

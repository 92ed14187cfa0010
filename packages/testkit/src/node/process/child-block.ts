import { existsSync } from "node:fs";
import { takeLeave } from "./child-end.ts";

/** How long it sleeps between two looks, without the event loop getting anything done. */
const napMs = 1;

/**
 * Keeps this process's event loop busy until there is a file with that path: a message could not be read by then. Timers that are overdue fire
 * first when it was the check phase of the loop that took so long, and what has arrived is read first when it was a timer (H19).
 */
export function block(path: string, first: "timers" | "input"): void {
  if (first === "timers") setImmediate(() => hold(path));
  else setTimeout(() => hold(path), 0);
}

function hold(path: string): void {
  const cell = new Int32Array(new SharedArrayBuffer(4));
  const parent = process.ppid;
  while (!existsSync(path)) {
    // Whoever would write the file is gone.
    if (process.ppid !== parent) takeLeave();
    Atomics.wait(cell, 0, 0, napMs);
  }
}

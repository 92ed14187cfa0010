import type { Clock } from "../host.ts";
import { clockOf } from "../portable/clock.ts";

/** The clocks of the operating system, and Node's timers. */
export const nodeClock: Clock = clockOf<NodeJS.Timeout>({
  monotonic: () => performance.now(),
  wall: () => Date.now(),
  set: (delayMs, elapsed) => setTimeout(elapsed, delayMs),
  clear: (timeout) => clearTimeout(timeout),
});

import type { Clock } from "../host.ts";
import { clockOf } from "../portable/clock.ts";

/** The clocks and timers of a page or a worker. Those of a page that nobody sees are late, by up to a minute (docs/browsers.md). */
export const browserClock: Clock = clockOf<ReturnType<typeof setTimeout>>({
  monotonic: () => performance.now(),
  wall: () => Date.now(),
  set: (delayMs, elapsed) => setTimeout(elapsed, delayMs),
  clear: (timeout) => clearTimeout(timeout),
});

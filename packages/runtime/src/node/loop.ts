import type { Loop } from "../host.ts";

/**
 * Node's event loop.
 *
 * `setImmediate` lets timers and sockets have their turn in between, and keeps the OS process alive while there is something to do. A
 * `MessageChannel` costs the same (1.0 and 0.9 µs a turn, Node 24) and promises neither.
 */
export const nodeLoop: Loop = {
  soon: (task) => void setImmediate(task),
  // Two, because only between two immediates is there for sure a whole poll phase, in which everything that waits is read (H19).
  afterInput: (task) => void setImmediate(() => void setImmediate(task)),
};

import type { Pid } from "./pid.ts";

/**
 * A message that says who sent it, and is believed: coming from another node it is delivered only if `from` is the process that sent it. Any other
 * message says of its sender what the sender likes.
 */
export class Attributed<out M = unknown> {
  readonly from: Pid<any>;
  readonly message: M;

  constructor(from: Pid<any>, message: M) {
    this.from = from;
    this.message = message;
  }
}

import type { Heartbeat } from "./heartbeat.ts";
import { keyOf } from "./heartbeat.ts";

/**
 * The heartbeats that a computation is linked to at one point of its text: a stack, innermost last. An immutable value
 * that travels with the computation and that its forks inherit (H20).
 *
 * The first {@link inherited} scopes were opened by an ancestor: nothing in this computation is outside of them, so
 * their end is its end. The others were opened by a `Heartbeat.link` that is still running here.
 */
export class ScopeStack {
  readonly heartbeats: readonly Heartbeat[];
  /** How many of the heartbeats a fork brought along. */
  readonly inherited: number;

  constructor(heartbeats: readonly Heartbeat[], inherited: number) {
    this.heartbeats = heartbeats;
    this.inherited = inherited;
  }

  static readonly empty: ScopeStack = new ScopeStack([], 0);

  /** How many scopes are open. */
  get depth(): number {
    return this.heartbeats.length;
  }

  /**
   * Inside `Heartbeat.link(heartbeat, …)`.
   *
   * @throws RangeError when more than {@link scopesMax} would be open.
   */
  push(heartbeat: Heartbeat): ScopeStack {
    if (this.depth >= scopesMax)
      throw new RangeError(`Heartbeat.link: expected at most ${scopesMax} scopes in each other, got one more`);
    return new ScopeStack([...this.heartbeats, heartbeat], this.inherited);
  }

  /** Behind the innermost `Heartbeat.link` of this computation. */
  pop(): ScopeStack {
    if (this.depth <= this.inherited)
      throw new RangeError("scope: expected an open scope of this computation, got none");
    return new ScopeStack(this.heartbeats.slice(0, -1), this.inherited);
  }

  /** What a fork begins with: all scopes that are open here, every one inherited. */
  fork(): ScopeStack {
    return this.depth === this.inherited ? this : new ScopeStack(this.heartbeats, this.depth);
  }

  /**
   * What ends here when `heartbeat` does: its outermost scope, with everything inside. That is the depth to unwind to,
   * so 0 when nothing remains; a depth below {@link inherited} is the end of the whole computation. Null when it is
   * linked to `heartbeat` nowhere.
   */
  depthWithout(heartbeat: Heartbeat): number | null {
    const key = keyOf(heartbeat);
    const index = this.heartbeats.findIndex((open) => keyOf(open) === key);
    return index === -1 ? null : index;
  }

  /** Whether {@link depthWithout} would not be null. */
  includes(heartbeat: Heartbeat): boolean {
    return this.depthWithout(heartbeat) !== null;
  }
}

/** Scopes in each other. They travel with a computation, and every one costs a registration. */
export const scopesMax = 1_000;

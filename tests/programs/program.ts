import type { NodeRef, Pid, Remote } from "espalier";
import type { CounterRef } from "./counter.ts";

/** What a program is given. Both of the others are its own node where it runs natively. */
export interface Places {
  readonly home: NodeRef;
  readonly alice: NodeRef;
  readonly bob: NodeRef;
  /** What it sends there is an effect. One that another process of it has begins with that one's name: `child: done`. */
  readonly log: Pid<string>;
  /** A server of its own, at home. */
  readonly counter: CounterRef;
}

/** A user's program: the body of a process. What it returns and does is the same wherever it runs, and however often it moves. */
export interface Program {
  readonly name: string;
  /** The first is its `Self`. */
  readonly body: (self: any, places: Places) => Remote<unknown>;
  /** What it returns: plain data, so that it can be compared in any process. */
  readonly expected: unknown;
  /** In order, for each of its processes. */
  readonly effects: readonly string[];
  /** How often it, and what it starts, comes to another node: a private function that is called from elsewhere does, too. */
  readonly transfers: number;
  /** What it is refused with instead, where it would have to leave its node. */
  readonly refused?: string;
}

import { causeOf, Operation, type Cause, type Linkable, type Local, type Moving } from "@espalier/heartbeat";
import type { Cell } from "../cell.ts";
import { failure } from "../failure.ts";
import type { Frame } from "../frame.ts";
import type { Kernel } from "../kernel.ts";
import { NodeRef } from "../cluster/node-ref.ts";
import type { Pid } from "../addresses/pid.ts";
import type { Marker } from "../stack.ts";
import type { suspended } from "../waiting.ts";

/**
 * A computation as a value: nothing runs until a process performs it, and then in that process. It may move to another machine, so
 * `yield*` of it is only possible where moving is.
 */
export abstract class Remote<out A> extends Operation<A, Moving> {
  override get type(): string {
    return "remote";
  }

  /** What people call it. */
  get label(): string {
    return "remote";
  }

  /** A new frame that computes it. */
  abstract enter(): Frame;
}

/** See `Remote.pure` and `Remote.fail`. */
export class Outcome<out A> extends Remote<A> {
  readonly value: A | undefined;
  readonly cause: Cause | null;

  constructor(value: A | undefined, cause: Cause | null) {
    super();
    this.value = value;
    this.cause = cause;
  }

  override enter(): Frame {
    const { value, cause } = this;
    return {
      next() {
        if (cause !== null) throw failure(cause);
        return { done: true, value };
      },
      throw(error: unknown) {
        throw error;
      },
      return: (returned: unknown) => ({ done: true, value: returned }),
    };
  }
}

/** See `Remote.transfer`. The package that knows other nodes performs it. */
export class Transfer extends Operation<void, Moving> {
  readonly node: NodeRef;

  constructor(node: NodeRef) {
    super();
    this.node = node;
  }

  override get type(): "remote.transfer" {
    return "remote.transfer";
  }
}

export function performTransfer(kernel: Kernel, _cell: Cell, { node }: Transfer): void {
  if (node.id !== kernel.address.id) throw failure({ type: "noconnection", node: node.id });
}

/** See `Remote.here`. */
export class Here extends Operation<NodeRef> {
  override get type(): "remote.here" {
    return "remote.here";
  }
}

export function performHere(kernel: Kernel): NodeRef {
  return new NodeRef(kernel.address.id, kernel.distribution?.url ?? null);
}

/** See `Remote.fork`. */
export class Fork extends Operation<Pid> {
  readonly what: Linkable<unknown, any>;

  constructor(what: Linkable<unknown, any>) {
    super();
    this.what = what;
  }

  override get type(): "remote.fork" {
    return "remote.fork";
  }
}

export function performFork(kernel: Kernel, cell: Cell, { what }: Fork): Pid {
  const child = kernel.spawn(cell.pid, what, []);
  kernel.lifetimes.inherit(cell, child);
  return child.pid;
}

/** What came of something that may fail, as data. */
export type Attempt<A> =
  | { readonly type: "success"; readonly value: A }
  | { readonly type: "failure"; readonly cause: Cause };

/** See `Remote.attempt`. */
export class AttemptRemote<A, Effect = Local> extends Operation<Attempt<A>, Effect> {
  readonly what: Linkable<A, Effect>;

  constructor(what: Linkable<A, Effect>) {
    super();
    this.what = what;
  }

  override get type(): "remote.attempt" {
    return "remote.attempt";
  }
}

export function performAttempt(kernel: Kernel, cell: Cell, { what }: AttemptRemote<unknown, any>): typeof suspended {
  return kernel.scheduler.perform(cell, what, "Remote.attempt", attemptMarker);
}

/** Between a frame and the one that wants to know how it ended. */
export const attemptMarker: Marker = {
  marker: "attempt",
  error: undefined,
  returned: (_kernel, _cell, value): Attempt<unknown> => ({ type: "success", value }),
  threw: (_kernel, _cell, error): Attempt<unknown> => ({ type: "failure", cause: causeOf(error) }),
  entered() {
    // Holds nothing.
  },
  left() {
    // Holds nothing.
  },
  capture: () => null,
};

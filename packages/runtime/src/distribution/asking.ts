import { ChannelClosedError, type Delivery } from "@espalier/channels";
import type { Operation } from "@espalier/heartbeat";
import type { Cell } from "../cell.ts";
import { failure } from "../failure.ts";
import type { Cause } from "@espalier/heartbeat";
import type { Kernel } from "../kernel.ts";
import type { NodeId } from "../node-ref.ts";
import { NodeAddress, Pid } from "../pid.ts";
import { Refusal } from "../call.ts";
import type { Ref } from "../ref.ts";
import { suspended, type Waiting } from "../waiting.ts";
import { Watch } from "../watch.ts";
import { NodeRequest } from "./node-request.ts";
import { anyIncarnation } from "./signals.ts";

/** What became of an operation that another node was asked to perform. */
export type Performed =
  | { readonly type: "value"; readonly value: unknown }
  | { readonly type: "cause"; readonly cause: Cause }
  | { readonly type: "error"; readonly name: string; readonly message: string; readonly code: string | null };

/**
 * Has `operation` performed by the node that it concerns, and waits for what comes of it. It is asked through the process's home, like
 * everything that a process does to others: so it keeps its place in the order, and nothing is done for a process that may not act.
 *
 * - Errors: those of the operation, and `noconnection`: then it is not known whether it was performed.
 *
 * @param otherwise what it gives instead of failing with `noconnection`.
 */
export function ask(
  kernel: Kernel,
  cell: Cell,
  node: NodeId,
  operation: Operation<any, any>,
  otherwise: ((cause: Cause) => unknown) | null = null,
): typeof suspended {
  const target = new Pid<any>(new NodeAddress(node, anyIncarnation), 0);
  const watch = new AskWatch(cell, kernel.newRef(cell), target, operation, otherwise);
  kernel.wait(cell, watch.waiting);
  const request = new NodeRequest(watch.ref, "perform", [operation]);
  try {
    // Whoever has left home is told of a lost connection only if its home watches in its name.
    if (cell.place !== null) kernel.startWatch(watch);
    kernel.effect(cell, target, { type: "message", message: request });
  } catch (error) {
    watch.close();
    cell.waiting = null;
    cell.status = "running";
    throw error;
  }
  return suspended;
}

class AskWatch extends Watch {
  readonly waiting: Asking;
  readonly #operation: Operation<any, any>;
  readonly #otherwise: ((cause: Cause) => unknown) | null;

  constructor(
    owner: Cell,
    ref: Ref,
    target: Pid,
    operation: Operation<any, any>,
    otherwise: ((cause: Cause) => unknown) | null,
  ) {
    super(owner, ref, target);
    this.#operation = operation;
    this.#otherwise = otherwise;
    this.waiting = new Asking(this, operation.type);
  }

  override reply(kernel: Kernel, value: unknown): void {
    this.close();
    const performed = value instanceof Refusal ? { type: "cause" as const, cause: value.cause } : (value as Performed);
    switch (performed.type) {
      case "value":
        return kernel.resume(this.owner, performed.value);
      case "cause":
        return kernel.throwInto(this.owner, failure(performed.cause));
      case "error":
        return kernel.throwInto(this.owner, errorOf(this.#operation, performed));
    }
  }

  override down(kernel: Kernel, cause: Cause): void {
    if (this.#otherwise === null) kernel.throwInto(this.owner, failure(cause));
    else kernel.resume(this.owner, this.#otherwise(cause));
  }

  /** Nobody waits for it any more: what waits over there need not go on. */
  giveUp(kernel: Kernel): void {
    if (!this.open) return;
    const { owner, target, ref } = this;
    this.close();
    kernel.effect(owner, target as Pid<any>, { type: "message", message: new NodeRequest(ref, "cancel", []) });
  }
}

class Asking implements Waiting {
  readonly what: string;
  readonly #watch: AskWatch;

  constructor(watch: AskWatch, what: string) {
    this.#watch = watch;
    this.what = what;
  }

  cancel(kernel: Kernel): void {
    this.#watch.giveUp(kernel);
  }
}

function errorOf(
  operation: Operation<any, any>,
  { name, message, code }: Extract<Performed, { type: "error" }>,
): Error {
  // The value is given back, and it never left.
  if (code === "CHANNEL_CLOSED" && "value" in operation) return new ChannelClosedError(operation.value);
  return Object.assign(new Error(message), { name, ...(code === null ? {} : { code }) });
}

/** What `Channel.deliver` says when nobody knows what came of it (P27). */
export function undelivered(value: unknown): (cause: Cause) => Delivery<unknown> {
  return (cause) => ({ type: "unknown", cause, value });
}

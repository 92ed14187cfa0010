import { ChannelClosedError, DeliverToChannel, type Delivery } from "@espalier/channels";
import { Operation } from "@espalier/heartbeat";
import type { Cell } from "../cell.ts";
import { MailboxFullError } from "../errors.ts";
import { anyIncarnation } from "../addresses/destination.ts";
import { failure } from "../failure.ts";
import type { Cause } from "@espalier/heartbeat";
import type { Kernel } from "../kernel.ts";
import type { NodeId } from "../cluster/node-ref.ts";
import { NodeAddress, Pid } from "../addresses/pid.ts";
import { Refusal } from "../servers/call.ts";
import { Ref } from "../addresses/ref.ts";
import { SendAnswered } from "../mailbox/send-answered.ts";
import type { WaitKind } from "../moving/travelling-wait.ts";
import type { WatchMaker } from "../moving/travelling-watch.ts";
import { suspended, type CapturedWait, type Waiting } from "../waiting.ts";
import { Watch, type CapturedWatch } from "../exits/watch.ts";
import { NodeRequest } from "./node-request.ts";

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
 */
export function ask(kernel: Kernel, cell: Cell, node: NodeId, operation: Operation<any, any>): typeof suspended {
  const target = new Pid<any>(new NodeAddress(node, anyIncarnation), 0);
  const watch = new AskWatch(cell, kernel.newRef(cell), target, operation);
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

  constructor(owner: Cell, ref: Ref, target: Pid, operation: Operation<any, any>) {
    super(owner, ref, target);
    this.#operation = operation;
    this.waiting = new Asking(this, operation.type);
  }

  override reply(kernel: Kernel, value: unknown): void {
    this.close();
    const operation = this.#operation;
    const performed = value instanceof Refusal ? { type: "cause" as const, cause: value.cause } : (value as Performed);
    switch (performed.type) {
      case "value":
        return kernel.resume(this.owner, performed.value);
      case "cause":
        if (operation instanceof SendAnswered) return kernel.resume(this.owner, undefined);
        return kernel.throwInto(this.owner, failure(performed.cause));
      case "error":
        return kernel.throwInto(this.owner, errorOf(operation, performed));
    }
  }

  override down(kernel: Kernel, cause: Cause): void {
    const operation = this.#operation;
    if (operation instanceof DeliverToChannel) kernel.resume(this.owner, undelivered(operation.value, cause));
    // Lost like any other message.
    else if (operation instanceof SendAnswered) kernel.resume(this.owner, undefined);
    else kernel.throwInto(this.owner, failure(cause));
  }

  override capture(): CapturedWatch {
    return { kind: "ask", serial: this.ref.serial, target: this.target, data: this.#operation };
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

  captureWait(): CapturedWait {
    return { kind: "ask", data: this.#watch.ref.serial };
  }

  cancel(kernel: Kernel): void {
    this.#watch.giveUp(kernel);
  }
}

/** For `Kernel.watchMakers`. */
export const askMaker: WatchMaker = (cell, ref, { target, data }) => {
  if (!(data instanceof Operation)) throw new TypeError("ask: expected an operation");
  return new AskWatch(cell, ref, target as Pid, data);
};

/** For `Kernel.waitKinds`. */
export const askKind: WaitKind<number> = {
  parse(data) {
    if (typeof data === "number" && Number.isSafeInteger(data)) return data;
    throw new TypeError("ask: expected the serial of what was asked");
  },
  wait(kernel, cell, serial) {
    const watch = kernel.watchOf(cell, new Ref(cell.pid, serial));
    if (watch instanceof AskWatch) return watch.waiting;
    throw new TypeError("ask: expected something that the process has asked");
  },
};

function errorOf(
  operation: Operation<any, any>,
  { name, message, code }: Extract<Performed, { type: "error" }>,
): Error {
  // The value is given back, and it never left.
  if (code === "CHANNEL_CLOSED" && "value" in operation) return new ChannelClosedError(operation.value);
  if (code === "MAILBOX_FULL" && operation instanceof SendAnswered) {
    return new MailboxFullError(operation.to, operation.message);
  }
  return Object.assign(new Error(message), { name, ...(code === null ? {} : { code }) });
}

/** What `Channel.deliver` says when nobody knows what came of it (P27). */
function undelivered(value: unknown, cause: Cause): Delivery<unknown> {
  return { type: "unknown", cause, value };
}

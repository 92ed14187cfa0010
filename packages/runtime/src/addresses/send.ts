import { Operation } from "@espalier/heartbeat";
import { Alias } from "./alias.ts";
import type { Cell } from "../cell.ts";
import { checkDestination, resolve, sendTo, type Destination } from "./destination.ts";
import { failure, noprocOf } from "../failure.ts";
import type { Kernel } from "../kernel.ts";
import { Pid } from "./pid.ts";
import { sendAnswered } from "../mailbox/send-answered.ts";
import { ViaName } from "./via-name.ts";
import type { suspended } from "../waiting.ts";

/** See `Process.send`. */
export class Send extends Operation<void> {
  readonly to: Destination<any>;
  readonly message: unknown;

  constructor(to: Destination<any>, message: unknown) {
    super();
    this.to = to;
    this.message = message;
  }

  override get type(): "process.send" {
    return "process.send";
  }
}

export function performSend(kernel: Kernel, cell: Cell, { to, message }: Send): typeof suspended | undefined {
  if (to instanceof Pid) {
    if (to.answers) return sendAnswered(kernel, cell, to, message, true);
    const receiver = to.cell;
    // Both at home: nearly always, and as fast as it can be.
    if (receiver !== null && receiver.kernel === kernel && receiver.place === null && cell.place === null) {
      kernel.deliver(receiver, message);
    } else {
      kernel.effect(cell, to, { type: "message", message });
      if (kernel.crowded !== null) return kernel.crowded.hold(cell, to);
    }
    return undefined;
  }
  const named = typeof to === "string" || to instanceof ViaName ? resolve(kernel, to) : undefined;
  if (named?.answers === true) return sendAnswered(kernel, cell, named, message, true);
  sendOrFail(kernel, cell, to, named ?? to, message, false);
  return holdSender(kernel, cell, named ?? to);
}

/** For whoever has sent to `to`: see {@link CrowdedLinks.hold}. */
export function holdSender(kernel: Kernel, cell: Cell, to: Destination<any>): typeof suspended | undefined {
  if (kernel.crowded === null) return undefined;
  const receiver = receiverOf(kernel, to);
  return receiver === undefined ? undefined : kernel.crowded.hold(cell, receiver);
}

/** The process that is meant, or the node that knows; undefined when nobody has the name. */
export function receiverOf(kernel: Kernel, to: Destination<any>): Pid<any> | undefined {
  return to instanceof Alias ? (to.owner as Pid<any>) : resolve(kernel, to);
}

/** See `Process.send` with `priority`. Few messages are, so that the others do not say that they are not. */
export class SendPriority extends Operation<void> {
  readonly to: Destination<any>;
  readonly message: unknown;

  constructor(to: Destination<any>, message: unknown) {
    super();
    this.to = to;
    this.message = message;
  }

  override get type(): "process.sendPriority" {
    return "process.sendPriority";
  }
}

export function performSendPriority(
  kernel: Kernel,
  cell: Cell,
  { to, message }: SendPriority,
): typeof suspended | undefined {
  sendOrFail(kernel, cell, to, to, message, true);
  return holdSender(kernel, cell, to);
}

/** @param resolved whoever `to` names, where that is known. */
export function sendOrFail(
  kernel: Kernel,
  cell: Cell,
  to: Destination<any>,
  resolved: Destination<any>,
  message: unknown,
  priority: boolean,
): void {
  if (!sendTo(kernel, cell, checkDestination(resolved, "Process.send"), message, priority)) throw failure(noprocOf(to));
}

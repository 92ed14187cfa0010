import { Operation } from "@espalier/heartbeat";
import { BoundedMailbox } from "../mailbox/bounded-mailbox.ts";
import type { Cell } from "../cell.ts";
import { checkDestination, type Destination } from "./destination.ts";
import type { Kernel } from "../kernel.ts";
import { receiverOf, sendOrFail } from "./send.ts";
import { ViaName } from "./via-name.ts";

/** See `Process.send` with `nosuspend`. */
export class SendUnlessBusy extends Operation<boolean> {
  readonly to: Destination<any>;
  readonly message: unknown;
  readonly priority: boolean;

  constructor(to: Destination<any>, message: unknown, priority: boolean) {
    super();
    this.to = to;
    this.message = message;
    this.priority = priority;
  }

  override get type(): "process.sendUnlessBusy" {
    return "process.sendUnlessBusy";
  }
}

export function performSendUnlessBusy(kernel: Kernel, cell: Cell, { to, message, priority }: SendUnlessBusy): boolean {
  const destination = checkDestination(to, "Process.send");
  const receiver = receiverOf(kernel, destination);
  if (receiver !== undefined) {
    if (kernel.crowded?.leadTo(cell, receiver) === true) return false;
    // Of a mailbox on another node nothing is known: the message waits there.
    const mailbox = receiver.answers && cell.place === null ? kernel.find(receiver)?.mailbox : undefined;
    if (mailbox instanceof BoundedMailbox) {
      if (mailbox.makesWait(cell)) return false;
      mailbox.offer(cell, message, true);
      return true;
    }
  }
  const resolved = destination instanceof ViaName ? (receiver ?? destination) : destination;
  sendOrFail(kernel, cell, to, resolved, message, priority);
  return true;
}

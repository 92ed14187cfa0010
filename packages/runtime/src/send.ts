import { describe, Operation } from "@espalier/heartbeat";
import type { Cell } from "./cell.ts";
import { failure, noprocOf } from "./failure.ts";
import type { Kernel } from "./kernel.ts";
import { Pid } from "./pid.ts";

/** See `Process.send`. */
export class Send extends Operation<void> {
  readonly to: Pid<any> | string;
  readonly message: unknown;

  constructor(to: Pid<any> | string, message: unknown) {
    super();
    this.to = to;
    this.message = message;
  }

  override get type(): "process.send" {
    return "process.send";
  }
}

export function performSend(kernel: Kernel, cell: Cell, { to, message }: Send): void {
  if (to instanceof Pid) {
    const receiver = to.cell;
    // Both at home: nearly always, and as fast as it can be.
    if (receiver !== null && receiver.kernel === kernel && receiver.place === null && cell.place === null) {
      kernel.deliver(receiver, message);
    } else {
      kernel.effect(cell, to, { type: "message", message });
    }
    return;
  }
  if (typeof to !== "string") throw new TypeError(`Process.send: expected a pid or a name, got ${describe(to)}`);
  const receiver = kernel.whereis(to);
  if (receiver === undefined) throw failure(noprocOf(to));
  kernel.effect(cell, receiver.pid, { type: "message", message });
}

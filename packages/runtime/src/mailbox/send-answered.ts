import { Operation } from "@espalier/heartbeat";
import type { Cell } from "../cell.ts";
import type { Handler } from "../handlers.ts";
import type { Kernel } from "../kernel.ts";
import type { Pid } from "../addresses/pid.ts";
import type { suspended } from "../waiting.ts";

/** A message to a process whose mailbox answers: to be performed where that process is, which never is another node than its home. */
export class SendAnswered extends Operation<void> {
  readonly to: Pid<any>;
  readonly message: unknown;
  /** Whether the sender is told that it was refused; otherwise it is dropped then. */
  readonly fails: boolean;

  constructor(to: Pid<any>, message: unknown, fails: boolean) {
    super();
    this.to = to;
    this.message = message;
    this.fails = fails;
  }

  override get type(): "process.sendAnswered" {
    return "process.sendAnswered";
  }
}

/** For `Process.send` and casts: by way of the table, where the distribution layer has its own for processes of other nodes. */
export function sendAnswered(
  kernel: Kernel,
  cell: Cell,
  to: Pid<any>,
  message: unknown,
  fails: boolean,
): typeof suspended | undefined {
  const handler = kernel.handlers.get("process.sendAnswered") as Handler;
  return handler(kernel, cell, new SendAnswered(to, message, fails)) as typeof suspended | undefined;
}

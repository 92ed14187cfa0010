import { Attributed } from "../addresses/attributed.ts";
import type { Pid } from "../addresses/pid.ts";
import { SendAnswered } from "../mailbox/send-answered.ts";
import { NodeRequest } from "./node-request.ts";

/**
 * What a message of `from` says of its sender is true, also when a node is asked to pass it on.
 *
 * @throws TypeError when it is not.
 */
export function checkAttribution(from: Pid, message: unknown): void {
  if (message instanceof Attributed) {
    if (message.from.equals(from)) return;
    throw new TypeError(
      `expected a message of ${from.toString()}, got one that says it is of ${message.from.toString()}`,
    );
  }
  if (message instanceof NodeRequest) for (const part of message.parameters) checkAttribution(from, part);
  else if (message instanceof SendAnswered) checkAttribution(from, message.message);
}

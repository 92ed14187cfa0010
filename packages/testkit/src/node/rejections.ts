import { UnhandledRejectionError } from "../world/occupant.ts";
import { stage } from "./stage.ts";

type Listener = (reason: unknown, promise: Promise<unknown>) => void;

let holders = 0;
/** Who else listens: a test runner, which would take a rejection within a simulated node for its own. */
let others: readonly Listener[] = [];

/** Until it is released, a rejection that nobody handles is the simulated node's in which it arose, if it arose in one. */
export function holdRejections(): void {
  holders += 1;
  if (holders > 1) return;
  others = process.listeners("unhandledRejection");
  process.removeAllListeners("unhandledRejection");
  process.on("unhandledRejection", rejected);
}

export function releaseRejections(): void {
  holders -= 1;
  if (holders > 0) return;
  process.off("unhandledRejection", rejected);
  const since = process.listeners("unhandledRejection");
  process.removeAllListeners("unhandledRejection");
  for (const listener of [...others, ...since]) process.on("unhandledRejection", listener);
  others = [];
}

function rejected(reason: unknown, promise: Promise<unknown>): void {
  const { occupant } = stage;
  if (occupant !== null) {
    occupant.fail(new UnhandledRejectionError(occupant.name, reason));
    return;
  }
  for (const listener of others) listener(reason, promise);
  // What Node does when nobody listens.
  if (others.length === 0 && process.listenerCount("unhandledRejection") === 1) throw reason;
}

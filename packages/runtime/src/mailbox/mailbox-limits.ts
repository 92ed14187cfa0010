import { describe } from "@espalier/heartbeat";

/**
 * What becomes of a message when `capacity` messages wait already:
 *
 * | `whenFull` | the message | who sends it |
 * | --- | --- | --- |
 * | `"wait"` (the default) | waits outside, behind those that wait there already | `send` and casts wait until it is in |
 * | `"fail"` | is not delivered | `send` fails with `MailboxFullError`, which hands it back; a cast goes on |
 * | `"drop-newest"` | is dropped | goes on |
 * | `"drop-oldest"` | is delivered, and the one that waited longest is dropped | goes on |
 *
 * No more than `limits.waitingPerMailbox` messages wait outside; the next one is treated as with `"fail"`.
 *
 * The request of a call whose message is not delivered is answered: the call fails with the reason `mailbox_full`. Everything else that is
 * dropped is a dead letter.
 */
export type WhenMailboxFull = "wait" | "fail" | "drop-newest" | "drop-oldest";

/** How many messages may wait in the mailbox of a process, and what becomes of the next one. */
export interface MailboxOptions {
  /** A whole number of at least 1. */
  readonly capacity: number;
  readonly whenFull?: WhenMailboxFull;
}

/** The same, complete and checked. */
export interface MailboxLimits {
  readonly capacity: number;
  readonly whenFull: WhenMailboxFull;
}

const policies: readonly unknown[] = ["wait", "fail", "drop-newest", "drop-oldest"] satisfies WhenMailboxFull[];

/** @throws RangeError or TypeError naming the option, what was expected and what came. */
export function mailboxLimits({ capacity, whenFull = "wait" }: MailboxOptions): MailboxLimits {
  if (!(Number.isSafeInteger(capacity) && capacity >= 1)) {
    throw new RangeError(`mailbox.capacity: expected a whole number of at least 1, got ${describe(capacity)}`);
  }
  if (!policies.includes(whenFull)) {
    throw new TypeError(`mailbox.whenFull: expected one of ${policies.join(", ")}, got ${describe(whenFull)}`);
  }
  return { capacity, whenFull };
}

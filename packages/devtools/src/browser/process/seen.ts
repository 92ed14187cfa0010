import type { ProcessRow } from "../../protocol/sheets.ts";

/** Looks that are kept. */
export const seenMax = 60;

/** What the page has seen of a process since it looks at it, the newest last. */
export interface Seen {
  readonly received: readonly number[];
  readonly mailbox: readonly number[];
}

export const nothingSeen: Seen = { received: [], mailbox: [] };

/** One look more; what is too old is left out. */
export function seenAlso(seen: Seen, { receivedPerSecond, mailbox }: ProcessRow): Seen {
  return {
    received: receivedPerSecond === null ? seen.received : [...seen.received, receivedPerSecond].slice(-seenMax),
    mailbox: [...seen.mailbox, mailbox].slice(-seenMax),
  };
}

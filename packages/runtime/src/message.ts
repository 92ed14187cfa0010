/** What nodes say to each other. Completed by the distribution layer. */
export interface Message {
  readonly type: string;
}

/**
 * Checks that decoded data from a peer is a message and nothing else.
 *
 * @throws TypeError naming the field, what was expected and what came.
 */
export function parseMessage(data: unknown): Message {
  if (typeof data !== "object" || data === null || typeof (data as Message).type !== "string") {
    throw new TypeError("message: expected an object with a type");
  }
  return data as Message;
}

/** An address that cannot be listened on: the message names it, and says what is wrong. */
export class ListenError extends Error {
  readonly code = "LISTEN";
  readonly address: string;
  constructor(address: string, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = "ListenError";
    this.address = address;
  }
}

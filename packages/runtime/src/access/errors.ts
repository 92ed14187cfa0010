/** Somebody wanted what only those may whom the node lets in, or only processes of the node itself. */
export class AccessError extends Error {
  readonly code = "ACCESS";

  constructor(message: string) {
    super(message);
    this.name = "AccessError";
  }
}

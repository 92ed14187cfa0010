/** Bytes that are no data of ours: malformed, oversized, or of a kind that is not known here. */
export class CodecError extends Error {
  readonly code = "CODEC";
  constructor(message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = "CodecError";
  }
}

/** What came is not what the Noise protocol allows at this point: the session that it belongs to is over. */
export class NoiseError extends Error {
  readonly code = "NOISE";
  constructor(message: string) {
    super(message);
    this.name = "NoiseError";
  }
}

/** A key file, or a peer's proof of who it is, that is not acceptable. */
export class IdentityError extends Error {
  readonly code = "IDENTITY";
  constructor(message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = "IdentityError";
  }
}

/** What a peer asks for is not to be had here: it is told so, and the session ends. */
export class RefusalError extends Error {
  readonly code = "REFUSAL";
  constructor(message: string) {
    super(message);
    this.name = "RefusalError";
  }
}

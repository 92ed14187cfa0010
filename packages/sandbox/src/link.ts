/** Why a sandbox is no more, when nobody asked for it. */
export interface LinkEnd {
  /** The limit that it went beyond, where that is what ended it. */
  readonly limit: "memory" | null;
  /** What was seen of it, for people. */
  readonly message: string;
}

/** Who is told what comes from a sandbox. */
export interface LinkEvents {
  /** It has started. */
  ready(): void;
  message(bytes: Uint8Array): void;
  /** Told once, and nothing after it; not told after {@link Link.end}. */
  ended(end: LinkEnd): void;
}

/** A running worker or process with untrusted code in it, seen from the node: bytes in, bytes out, and an end that is certain. */
export interface Link {
  /** Messages arrive in order, and each is answered before the next is looked at. */
  post(bytes: Uint8Array): void;
  /** Ends it at once, in the middle of whatever it computes. Idempotent. */
  end(): Promise<void>;
  /** Milliseconds of processor time that it has used so far; null where that cannot be told. */
  cpuMs(): Promise<number | null>;
}

/** Starts a sandbox. @param owner whose code it is to run: for people who look at processes. */
export type Launch = (owner: string, events: LinkEvents) => Link;

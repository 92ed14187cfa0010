/** What becomes of a message. */
export type MessageAction =
  /** It never arrives. */
  | { readonly type: "drop" }
  /** It arrives twice. */
  | { readonly type: "duplicate" }
  /** It arrives that much later: whatever is said meanwhile overtakes it. */
  | { readonly type: "hold"; readonly holdMs: number };

/** Losses that come in runs: a line that is good or bad, and changes from one to the other (Gilbert 1960). */
export interface Burst {
  /** How likely a message finds that the line has turned bad, from 0 to 1. */
  readonly begin: number;
  /** How likely a message finds that it is good again. */
  readonly end: number;
}

/** Which messages of a link a fault strikes. */
export type MessageChoice =
  /** The `nth` of these kinds since the rule stands, and those after it up to `count` of them in all. */
  | { readonly nth: number; readonly count: number }
  /** Each with this probability, from 0 to 1; with `burst` only while the line is bad. */
  | { readonly rate: number; readonly burst?: Burst };

/** What happens to messages that one node sends another. Data, so that it can be sent to a node in another process. */
export interface MessageRule {
  /** Kinds of messages, or prefixes such as `transfer.*`. */
  readonly kinds: readonly string[];
  readonly action: MessageAction;
  readonly choice: MessageChoice;
}

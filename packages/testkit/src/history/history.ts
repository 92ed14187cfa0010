import type { Json } from "../scenario/json.ts";

/** What came of something that a client asked for. */
export type Outcome =
  | { readonly type: "ok"; readonly atMs: number; readonly output: Json }
  /** It certainly had no effect. */
  | { readonly type: "failed"; readonly atMs: number; readonly reason: string }
  /** It may have had its effect, may have it later, or never: it timed out, or its client died. */
  | { readonly type: "unknown" };

/** Something that a client asked for, and what came of it. */
export interface HistoryEntry {
  readonly serial: number;
  readonly node: string;
  /** Who asked: a client asks for one thing at a time. */
  readonly client: string;
  readonly op: string;
  readonly input: Json;
  readonly invokedMs: number;
  /** Unknown until it is known. */
  readonly outcome: Outcome;
}

/** What the clients of a scenario asked for, in the order in which they asked. */
export interface History {
  readonly entries: readonly HistoryEntry[];
}

/** Something that was asked for and is under way. The first of these calls counts; if none comes the outcome is unknown. */
export interface Invocation {
  ok(output?: Json): void;
  failed(reason: string): void;
}

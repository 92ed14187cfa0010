import type { Plane } from "../../protocol/capability.ts";
import type { Followed } from "../../protocol/frames.ts";
import type { NodeSheet } from "../../protocol/sheets.ts";
import type { Method, Question, Result } from "../../protocol/requests.ts";

/** All that is not followed. */
export type Asked = Exclude<Method, Followed | "capabilities">;

/** What a server answers from: running nodes, or a recording. */
export interface Source {
  /** Another one than before: the program was started anew. */
  readonly life: string;
  nodes(): readonly NodeSheet[];
  /** At once, and bounded. @throws TroubleError */
  look(question: Question<Followed>, planes: readonly Plane[]): Result<Followed>;
  /** Rejects with a TroubleError. The planes were checked. @param by who asks, for the events of the node. */
  ask(question: Question<Asked>, by: string): Promise<unknown>;
  /** Somebody asked: what is sampled goes on being sampled for a while. */
  touch(): void;
  /** Calls `sampled` after each sample until what it returns is called. `tell`: something that users should know. */
  watch(sampled: () => void, tell: (text: string) => void): () => void;
  /** What this thread has used of its processor so far, in milliseconds: see `usedMs`. */
  usedMs(): number;
  /** So many milliseconds of the event loop's time were used for looking. */
  spent(ms: number): void;
}

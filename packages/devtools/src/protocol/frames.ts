import type { Plane } from "./capability.ts";
import type { Parameters, Result, Trouble } from "./requests.ts";
import type { NodeSheet } from "./sheets.ts";

/** Raised whenever an older client could misread a newer server. */
export const protocolVersion = 1;

/** What can be followed: the answer to one of these methods, again and again. */
export type Followed = "overview" | "table" | "tree" | "process" | "crashes" | "lifetimes" | "network";

/** Follow the answer to a method: it comes whole, when it has been made anew and the client has read the one before. */
export type Subscription = {
  readonly [M in Followed]: { readonly id: string; readonly method: M; readonly parameters: Parameters<M> };
}[Followed];

/** The body of `POST /v1/stream`. Its answer is a line of JSON a frame, until one of the two goes away. */
export interface StreamRequest {
  readonly subscriptions: readonly Subscription[];
}

/** The body of `POST /v1/subscriptions`: what a stream follows from now on, in place of what it followed. */
export interface StreamUpdate {
  readonly stream: string;
  readonly subscriptions: readonly Subscription[];
}

export type Frame =
  | {
      readonly type: "hello";
      readonly version: typeof protocolVersion;
      /** For {@link StreamUpdate}. */
      readonly stream: string;
      readonly planes: readonly Plane[];
      readonly nodes: readonly NodeSheet[];
      /** The program's life: another one than before means that it was started anew. */
      readonly life: string;
    }
  | { readonly type: "value"; readonly id: string; readonly atMs: number; readonly value: Result<Followed> }
  | { readonly type: "trouble"; readonly id: string; readonly error: Trouble }
  /** Nothing is wrong: a sign of life. `skipped`: values that were not sent because the client had not read the ones before. */
  | { readonly type: "beat"; readonly skipped: number }
  /** Something to tell the user. */
  | { readonly type: "note"; readonly text: string }
  /** The program ends, or stops serving. */
  | { readonly type: "bye"; readonly reason: string };

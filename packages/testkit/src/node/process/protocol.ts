import type { MessageRule } from "../../messages/rule.ts";
import type { Outcome } from "../../history/history.ts";
import type { Json } from "../../scenario/json.ts";
import type { Tempo } from "./real-time.ts";

/** A rule for messages, and by what its tally is known. */
export interface NumberedRule {
  readonly id: number;
  readonly to: string;
  readonly rule: MessageRule;
  /** Of the random numbers that it draws. */
  readonly label: string;
}

/** Everything that a process has to know to be a node. */
export interface Start {
  readonly type: "start";
  /** URL of the module that exports the scenario. */
  readonly module: string;
  readonly scenario: string;
  readonly seed: number;
  readonly node: string;
  readonly life: number;
  readonly tempo: Tempo;
  /** All nodes in their order, with the local port by which this one reaches each other. */
  readonly peers: readonly {
    readonly name: string;
    readonly id: string;
    readonly url: string;
    readonly port: number | null;
  }[];
  /** Its disk. */
  readonly directory: string;
  /** What is to be removed when whoever runs all this is gone. */
  readonly runDirectory: string;
  readonly rate: number;
  readonly wallAheadMs: number;
  readonly rules: readonly NumberedRule[];
}

/** What a process of a node is told. */
export type Order =
  | Start
  | { readonly type: "ping" }
  | { readonly type: "op"; readonly op: string; readonly n: number; readonly args: Json }
  | { readonly type: "look" }
  /** Keeps its event loop busy until there is a file with this path. */
  | { readonly type: "block"; readonly path: string; readonly first: "timers" | "input" }
  | { readonly type: "rate"; readonly rate: number }
  | { readonly type: "wall"; readonly aheadMs: number }
  /** Its monotonic clock stands still, or goes on. */
  | { readonly type: "freeze" | "thaw" }
  | { readonly type: "rule"; readonly rule: NumberedRule }
  | { readonly type: "lift"; readonly id: number };

/** What it says. */
export type Said =
  /** Its modules are loaded. */
  | { readonly type: "ready" }
  | { readonly type: "pong" }
  /** It can be reached by this port of the machine. */
  | { readonly type: "listening"; readonly port: number }
  | { readonly type: "closed" }
  | { readonly type: "booted" }
  | { readonly type: "frozen" }
  /** Something went wrong that ends the run. */
  | { readonly type: "failed"; readonly property: string; readonly what: string; readonly error: unknown }
  | { readonly type: "event"; readonly event: unknown }
  | { readonly type: "mark"; readonly name: string }
  | { readonly type: "tell"; readonly line: string }
  | { readonly type: "invoke"; readonly id: number; readonly client: string; readonly op: string; readonly input: Json }
  | { readonly type: "settled"; readonly id: number; readonly outcome: Settled }
  | {
      readonly type: "looked";
      readonly view: unknown;
      readonly seen: unknown;
      readonly tallies: readonly (readonly [id: number, effective: number])[];
    };

export type Settled =
  | Omit<Extract<Outcome, { readonly type: "ok" }>, "atMs">
  | Omit<Extract<Outcome, { readonly type: "failed" }>, "atMs">;

/** With the time of the machine. */
export type Line = Said & { readonly atMs: number };

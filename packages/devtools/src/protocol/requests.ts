import type { Plane } from "./capability.ts";
import type { Recording } from "./recording.ts";
import type {
  CrashPage,
  CrashSheet,
  Lifetimes,
  NetworkSheet,
  NodeSheet,
  Overview,
  ProcessSheet,
  TablePage,
  TableQuery,
  TreePage,
  TreeQuery,
} from "./sheets.ts";
import type { ShownValue } from "./value.ts";

/** What can be asked, by method: what is given, and what comes back. `node` is the id of a node of the program; its only one unless given. */
export interface Methods {
  readonly capabilities: Ask<object, { readonly planes: readonly Plane[]; readonly nodes: readonly NodeSheet[] }>;
  readonly overview: Ask<OfNode, Overview>;
  readonly table: Ask<OfNode & TableQuery, TablePage>;
  readonly tree: Ask<OfNode & TreeQuery, TreePage>;
  /** Null: there is no such process any more. */
  readonly process: Ask<OfProcess, ProcessSheet | null>;
  readonly crashes: Ask<OfNode, CrashPage>;
  /** Null: there is none, or it is not kept any more. */
  readonly crash: Ask<OfNode & { readonly id: number }, CrashSheet | null>;
  readonly lifetimes: Ask<OfNode, Lifetimes>;
  readonly network: Ask<OfNode, NetworkSheet>;
  readonly recording: Ask<OfNode, Recording>;
  /** Begins to note the messages of 1 to 20 processes, named by `Pid.key`. One session a node; it ends when nobody has asked for it for 10 s, too. */
  readonly "trace.start": Ask<
    OfNode & { readonly pids: readonly string[]; readonly maxMs?: number; readonly maxEvents?: number },
    { readonly endsInMs: number }
  >;
  /** What the last session of the node has, running or not. */
  readonly "trace.get": Ask<OfNode & { readonly first: number; readonly count: number }, TracePage>;
  readonly "trace.stop": Ask<OfNode, null>;
  /** Needs the plane `values`. Asks the process itself, if it follows the protocol of `Sys`: it may be busy. */
  readonly state: Ask<OfProcess, ShownValue>;
  /** The planes of these are `manage`. Each is done or refused when the answer comes, and is an event of the node. */
  readonly suspend: Ask<OfProcess, null>;
  readonly resume: Ask<OfProcess, null>;
  /** Ends the process, and has its supervisor start it again. */
  readonly restart: Ask<OfProcess, null>;
  /** `reason`: with which it ends; `shutdown` unless given. */
  readonly exit: Ask<OfProcess & { readonly reason?: string }, null>;
  readonly kill: Ask<OfProcess, null>;
  /** A message, as JSON. */
  readonly send: Ask<OfProcess & { readonly message: unknown }, null>;
  /** The planes of these are `chaos`. */
  readonly "chaos.list": Ask<OfNode, readonly ChaosAction[]>;
  readonly "chaos.do": Ask<
    OfNode & { readonly action: string; readonly parameters: Readonly<Record<string, string>> },
    string
  >;
}

export type Method = keyof Methods;
export type Parameters<M extends Method> = Methods[M]["parameters"];
export type Result<M extends Method> = Methods[M]["result"];

interface Ask<P, R> {
  readonly parameters: P;
  readonly result: R;
}

export interface OfNode {
  readonly node?: string;
}

export interface OfProcess extends OfNode {
  /** Its `Pid.key`. */
  readonly pid: string;
}

/** Something harmful that the testkit can do to a running node. */
export interface ChaosAction {
  readonly name: string;
  /** What it does, in a sentence. */
  readonly text: string;
  readonly parameters: readonly {
    readonly name: string;
    readonly text: string;
    readonly kind: "pid" | "node" | "duration" | "number";
  }[];
}

/** Messages of a trace session, in the order in which they were sent. */
export interface TracePage {
  readonly running: boolean;
  readonly messages: readonly TracedMessageRow[];
  /** Messages that are kept. */
  readonly total: number;
  /** Messages that came when there was no room for more. */
  readonly lost: number;
}

/** One message to a traced process. */
export interface TracedMessageRow {
  /** The receiver's `Pid.key`. */
  readonly pid: string;
  readonly kind: string;
  /** The sender's `Pid.key`; null: a timer, another node, or no process. */
  readonly from: string | null;
  /** Since the session began. */
  readonly sentMs: number;
  /** Until its receiver ran with it; null: it has not. */
  readonly waitedMs: number | null;
  /** Until its receiver asked for the next one; null: it has not. */
  readonly handledMs: number | null;
}

/** The body of `POST /v1/ask`. */
export interface Question<M extends Method = Method> {
  readonly method: M;
  readonly parameters: Parameters<M>;
}

/** What comes back. `costMs`: what it took of the event loop's time. */
export type Reply<M extends Method = Method> =
  | { readonly ok: true; readonly result: Result<M>; readonly costMs: number }
  | { readonly ok: false; readonly error: Trouble };

export interface Trouble {
  readonly code: "invalid" | "unauthorized" | "forbidden" | "not-found" | "busy" | "failed" | "too-many";
  /** What happened, and what was expected. */
  readonly message: string;
  /** What to do next. */
  readonly hint: string | null;
}

import type { Cause } from "@espalier/heartbeat";
import type { AccessEvent } from "../access/access-events.ts";
import type { CheckpointEvent, CheckpointReport } from "../checkpoint/checkpoint-events.ts";
import type { CrashReport } from "./crash-report.ts";
import type { DeadLetter, DeadLettersReport } from "../mailbox/dead-letter.ts";
import type { MoveEvent } from "../distribution/move-events.ts";
import type { ConnectionEvent } from "../distribution/connection-events.ts";
import type { PeersEvent } from "../distribution/peers.ts";
import type { UndecodableEvent } from "../distribution/signals.ts";
import type { LifetimeEvent } from "../lifetimes/lifetime-events.ts";
import type { NodeDiagnostics } from "./diagnostics.ts";
import type { Pid } from "../addresses/pid.ts";
import type { Ref } from "../addresses/ref.ts";
import type { SystemEvent } from "../servers/system-debug.ts";

/** One change of interest on a node, as data. Other layers add theirs: `supervisor.restart`, `node.up` and so on. */
export type NodeEvent =
  | { readonly type: "spawn"; readonly pid: Pid; readonly parent: Pid; readonly label: string }
  | { readonly type: "exit"; readonly pid: Pid; readonly label: string; readonly cause: Cause }
  /** A `finally` block of a process that was being cancelled threw; it changed nothing. */
  | { readonly type: "cleanup-failed"; readonly pid: Pid; readonly label: string; readonly cause: Cause }
  | { readonly type: "link"; readonly from: Pid; readonly to: Pid }
  | { readonly type: "unlink"; readonly from: Pid; readonly to: Pid }
  | { readonly type: "monitor"; readonly from: Pid; readonly to: Pid | string; readonly ref: Ref }
  | { readonly type: "demonitor"; readonly from: Pid; readonly ref: Ref }
  | {
      readonly type: "down";
      readonly to: Pid;
      readonly process: Pid | string;
      readonly ref: Ref;
      readonly cause: Cause;
    }
  | { readonly type: "register"; readonly pid: Pid; readonly name: string }
  | { readonly type: "unregister"; readonly pid: Pid; readonly name: string }
  /** A message that nobody will see. */
  | DeadLetter
  | LifetimeEvent
  | PeersEvent
  | AccessEvent
  | ConnectionEvent
  | MoveEvent
  | CheckpointEvent
  | UndecodableEvent
  | NodeExtraEvents[keyof NodeExtraEvents];

/**
 * Events of other packages: each adds a member by declaration merging, so that the stream is typed and the runtime knows none of them. (Inside
 * this package write them into {@link NodeEvent}: merging here by a relative path hides what is merged by the package's name.)
 *
 * ```ts
 * declare module "@espalier/runtime" {
 *   interface NodeExtraEvents {
 *     supervisorRestart: { readonly type: "supervisor.restart"; readonly child: string };
 *   }
 * }
 * ```
 */
export interface NodeExtraEvents {
  readonly node: { readonly type: "node-stopped" };
}

/**
 * The one stream of events of a node: tests, dev tools and checkers all read it. It costs nothing while nobody does: emitters ask
 * {@link Events.active} or {@link Events.hears} before they build an event.
 */
export class Events {
  readonly #listeners: Set<(event: NodeEvent) => void> = new Set();
  readonly #diagnostics: NodeDiagnostics | null;
  /** A field, because hot paths ask. */
  #isHeard = false;

  constructor(diagnostics: NodeDiagnostics | null = null) {
    this.#diagnostics = diagnostics;
  }

  /** Whether anybody listens to events of all types. */
  get active(): boolean {
    return this.#isHeard || (this.#diagnostics !== null && this.#diagnostics.active);
  }

  /** Whether anybody listens to events of that type: of `spawn`, `exit`, `supervisor` and `dead-letter` somebody may without {@link Events.active}. */
  hears(type: NodeEvent["type"]): boolean {
    return this.active || (this.#diagnostics !== null && this.#diagnostics.hears(type));
  }

  /**
   * Calls `listener` with each event, at once and in order, until what it returns is called. The listener must not act on the node: it is
   * called in the middle of things.
   */
  subscribe(listener: (event: NodeEvent) => void): () => void {
    this.#listeners.add(listener);
    this.#isHeard = true;
    return () => {
      this.#listeners.delete(listener);
      this.#isHeard = this.#listeners.size > 0;
    };
  }

  /** For whoever makes events. */
  emit(event: NodeEvent): void {
    for (const listener of this.#listeners) listener(event);
    this.#diagnostics?.publish(event);
  }
}

/** Where a node reports what somebody should look at. Clean exits report nothing. */
export interface Logger {
  report(report: Report): void;
}

export type Report =
  | {
      readonly type: "crash";
      readonly pid: Pid;
      readonly name: string | null;
      readonly label: string;
      readonly parent: Pid;
      readonly cause: Cause;
      /** All that there is to say about it. */
      readonly crash: CrashReport;
    }
  | { readonly type: "cleanup-failed"; readonly pid: Pid; readonly label: string; readonly cause: Cause }
  /** What a server does that is traced: see `Sys.trace`. */
  | { readonly type: "trace"; readonly pid: Pid; readonly label: string; readonly event: SystemEvent }
  | CheckpointReport
  | DeadLettersReport
  | ExtraReports[keyof ExtraReports];

/** Reports of other layers, added like {@link NodeExtraEvents}. */
export interface ExtraReports {
  /** A server got a message that it has no handler for, and ignored it. */
  readonly server: {
    readonly type: "unexpected-message";
    readonly pid: Pid;
    readonly label: string;
    readonly message: unknown;
  };
}

import type { CrashReport } from "./crash-report.ts";
import type { Diagnostics, DiagnosticsChannel } from "../host.ts";
import type { NodeEvent } from "./events.ts";
import type { NodeId } from "../cluster/node-ref.ts";

/** What is published in `espalier:event`, and of its kind in `espalier:spawn`, `espalier:exit`, `espalier:supervisor` and `espalier:dead-letter`. */
export interface DiagnosticsEvent {
  /** The node on which it happened: a program may have several. */
  readonly node: NodeId;
  readonly event: NodeEvent;
}

/** What is published in `espalier:crash`. */
export interface DiagnosticsCrash {
  readonly node: NodeId;
  readonly crash: CrashReport;
}

/** The channels of the host's diagnostics in which a node tells of itself. Whoever subscribes must not act on the node: see `Events`. */
export class NodeDiagnostics {
  readonly #node: NodeId;
  readonly #all: DiagnosticsChannel;
  readonly #crash: DiagnosticsChannel;
  readonly #spawn: DiagnosticsChannel;
  readonly #exit: DiagnosticsChannel;
  readonly #supervisor: DiagnosticsChannel;
  readonly #deadLetter: DiagnosticsChannel;

  constructor(diagnostics: Diagnostics, node: NodeId) {
    this.#node = node;
    this.#all = diagnostics.channel("espalier:event");
    this.#crash = diagnostics.channel("espalier:crash");
    this.#spawn = diagnostics.channel("espalier:spawn");
    this.#exit = diagnostics.channel("espalier:exit");
    this.#supervisor = diagnostics.channel("espalier:supervisor");
    this.#deadLetter = diagnostics.channel("espalier:dead-letter");
  }

  /** Whether anybody subscribed to all events. */
  get active(): boolean {
    return this.#all.hasSubscribers;
  }

  /** Whether anybody subscribed to those of that type alone. */
  hears(type: NodeEvent["type"]): boolean {
    return this.#of(type)?.hasSubscribers === true;
  }

  publish(event: NodeEvent): void {
    const message: DiagnosticsEvent = { node: this.#node, event };
    if (this.#all.hasSubscribers) this.#all.publish(message);
    const channel = this.#of(event.type);
    if (channel?.hasSubscribers === true) channel.publish(message);
  }

  /** Of a text: an event may be another package's. */
  #of(type: string): DiagnosticsChannel | null {
    switch (type) {
      case "spawn":
        return this.#spawn;
      case "exit":
        return this.#exit;
      case "supervisor":
        return this.#supervisor;
      case "dead-letter":
        return this.#deadLetter;
      default:
        return null;
    }
  }

  crashed(crash: CrashReport): void {
    if (this.#crash.hasSubscribers) this.#crash.publish({ node: this.#node, crash } satisfies DiagnosticsCrash);
  }
}

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
  readonly #byType: ReadonlyMap<string, DiagnosticsChannel>;
  readonly #channels: readonly DiagnosticsChannel[];

  constructor(diagnostics: Diagnostics, node: NodeId) {
    this.#node = node;
    this.#all = diagnostics.channel("espalier:event");
    this.#crash = diagnostics.channel("espalier:crash");
    this.#byType = new Map(
      ["spawn", "exit", "supervisor", "dead-letter"].map((type) => [type, diagnostics.channel(`espalier:${type}`)]),
    );
    this.#channels = [this.#all, ...this.#byType.values()];
  }

  /** Whether anybody subscribed to events. */
  get active(): boolean {
    for (const channel of this.#channels) if (channel.hasSubscribers) return true;
    return false;
  }

  publish(event: NodeEvent): void {
    const message: DiagnosticsEvent = { node: this.#node, event };
    if (this.#all.hasSubscribers) this.#all.publish(message);
    const channel = this.#byType.get(event.type);
    if (channel?.hasSubscribers === true) channel.publish(message);
  }

  crashed(crash: CrashReport): void {
    if (this.#crash.hasSubscribers) this.#crash.publish({ node: this.#node, crash } satisfies DiagnosticsCrash);
  }
}

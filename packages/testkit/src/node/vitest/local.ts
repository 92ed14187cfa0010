import { Node, type NodeEvent, type NodeOptions } from "espalier";
import { nodeHost } from "@espalier/runtime/node";
import { webSocketNetwork } from "@espalier/wire/node";
import { Recording } from "../../history/recording.ts";
import { LeakError, WatchedHost } from "../../probe/leaks.ts";
import type { Observation, Observed, ObservedNode } from "../../scenario/observation.ts";

/** How long what was closed may take to be seen closed, in real time. */
const closingMs = 1_000;

export type LocalOptions = Omit<NodeOptions, "host">;

/** One real node in this process, for a test: real time, real sockets. */
export class LocalNode {
  readonly node: Node;
  readonly events: readonly Observed[];
  readonly #host: WatchedHost;

  private constructor(node: Node, host: WatchedHost) {
    const events: Observed[] = [];
    this.node = node;
    this.events = events;
    this.#host = host;
    node.events.subscribe((event: NodeEvent) => {
      events.push({ atMs: host.clock.monotonic(), node: "local", life: 1, event });
    });
  }

  static async start(options: LocalOptions = {}): Promise<LocalNode> {
    const host = new WatchedHost(nodeHost({ network: webSocketNetwork() }));
    return new LocalNode(await Node.start({ ...options, host }), host);
  }

  /** The node as properties see it. */
  get observation(): Observation<null> {
    const { ref } = this.node;
    const node: ObservedNode<null> = {
      name: "local",
      ref,
      state: "running",
      life: 1,
      view: this.node.inspect(),
      seen: null,
    };
    return {
      world: "process",
      seed: 0,
      nowMs: this.#host.clock.monotonic(),
      phase: "working",
      nodes: [node],
      node: (name) => {
        if (name === "local") return node;
        throw new RangeError(`node: expected local, got ${name}`);
      },
      history: new Recording(() => 0),
      marks: new Map(),
    };
  }

  /** Stops the node. @throws LeakError naming what is left of it. */
  async stop(): Promise<void> {
    await this.node.stop();
    const untilMs = this.#host.clock.monotonic() + closingMs;
    while (this.#leaks().length > 0 && this.#host.clock.monotonic() < untilMs) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const leaks = this.#leaks();
    if (leaks.length > 0) throw new LeakError(leaks);
  }

  #leaks(): readonly string[] {
    const processes = this.node
      .inspect()
      .processes.map(
        ({ label, pid, waitingFor }) =>
          `the process ${label} ${pid.toString()}, which waits for ${waitingFor ?? "its turn"}`,
      );
    return [...processes, ...this.#host.left];
  }
}

import type { LocalGenerator } from "@espalier/heartbeat";
import { type Host, type Logger, type Node, type NodeRef, Nodes, Process, type Self } from "@espalier/runtime";
import { browserHost } from "@espalier/runtime/browser";
import type { Identity } from "@espalier/wire";
import { webSocketNetwork } from "@espalier/wire/browser";
import { startConnected, type ConnectedOptions } from "../parts.ts";
import { ConsoleReports } from "../console-reports.ts";
import { createIdentity } from "./identity.ts";

/** How to start a node in a page; everything has a default. A page cannot listen, and has no processes for a sandbox. */
export interface NodeOptions extends Partial<
  Omit<ConnectedOptions, "identity" | "sandbox" | "listen" | "address" | "introductions">
> {
  /** Nodes to stay connected with, as `Nodes.connect` does that keeps: they cannot connect to the page by themselves. None unless given. */
  readonly connect?: readonly NodeRef[];
  /** Who the node is: a new identity, which nobody can know in advance, unless given. */
  readonly identity?: Identity;
  /** The world that it lives in: the real one of the page unless given. */
  readonly host?: Host;
  /** Where crashes and the like are reported: the page's console unless given. */
  readonly logger?: Logger;
}

/**
 * Starts a node in this page, or worker. It accepts no connection, and makes some, to nodes that listen and let it in. It does not wait for those.
 *
 * - Errors: what the host says of `data`, when it is given and the host has no disk.
 *
 * ```ts no-run
 * import { Node, NodeRef } from "espalier/browser";
 *
 * const server = NodeRef.parse("wss://example.org/#DZXZQfl7xtoiJ3vPF1cV4BMHgrDCHE9O8_EQ3cSAZUg");
 * const node = await Node.start({ connect: [server] });
 * ```
 */
export async function start(options: NodeOptions = {}): Promise<Node> {
  if (Object.hasOwn(options, "sandbox")) {
    throw new TypeError(
      "sandbox: a page has no processes for one; leave it out, and trust whose code may run in the page",
    );
  }
  const {
    host = browserHost({ network: webSocketNetwork() }),
    identity = createIdentity(host),
    connect = [],
    ...rest
  } = options;
  const node = await startConnected({ logger: consoleLogger, ...rest, host, identity });
  if (connect.length > 0) {
    await node.run(function* () {
      for (const peer of connect) yield* Process.spawn(keep, peer);
    });
  }
  return node;
}

/** Stays connected with a node, and does not wait until it is. */
function* keep(_self: Self<never>, peer: NodeRef): LocalGenerator<void> {
  yield* Nodes.connect(peer, { keep: true });
}

const shownReports = new ConsoleReports(() => performance.now());

const consoleLogger: Logger = {
  report(report) {
    const parts = shownReports.take(report);
    // oxlint-disable-next-line no-console -- It is the standard error of a page.
    if (parts !== null) console.error(...parts);
  },
};

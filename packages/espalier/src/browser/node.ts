import type { Host, Logger, Node } from "@espalier/runtime";
import { browserHost } from "@espalier/runtime/browser";
import type { Identity } from "@espalier/wire";
import { webSocketNetwork } from "@espalier/wire/browser";
import { startConnected, type ConnectedOptions } from "../parts.ts";
import { describeReport } from "../report.ts";
import { createIdentity } from "./identity.ts";

/** How to start a node in a page; everything has a default. A page cannot listen, and has no processes for a sandbox. */
export interface NodeOptions extends Partial<Omit<ConnectedOptions, "identity" | "sandbox" | "listen" | "address">> {
  /** Who the node is: a new identity, which nobody can know in advance, unless given. */
  readonly identity?: Identity;
  /** The world that it lives in: the real one of the page unless given. */
  readonly host?: Host;
  /** Where crashes and the like are reported: the page's console unless given. */
  readonly logger?: Logger;
}

/**
 * Starts a node in this page, or worker. It accepts no connection, and can make some, to nodes that listen and let it in.
 *
 * - Errors: what the host says of `data`, when it is given and the host has no disk.
 */
export function start(options: NodeOptions = {}): Promise<Node> {
  const { host = browserHost({ network: webSocketNetwork() }), identity = createIdentity(host), ...rest } = options;
  return startConnected({ logger: consoleLogger, ...rest, host, identity });
}

// oxlint-disable-next-line no-console -- It is the standard error of a page.
const consoleLogger: Logger = { report: (report) => console.error(...describeReport(report)) };

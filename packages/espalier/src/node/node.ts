import { inspect } from "node:util";
import { readLimits, type Host, type Logger, type Node } from "@espalier/runtime";
import { nodeHost } from "@espalier/runtime/node";
import type { Identity } from "@espalier/wire";
import { loadIdentity, webSocketNetwork } from "@espalier/wire/node";
import { ConsoleReports } from "../console-reports.ts";
import { anIdentity, anObject, checkOptions, type Checks, checkKeyPath } from "../options.ts";
import { createIdentity } from "./identity.ts";
import { aDevToolsOption, type DevToolsOptions, lookedAt } from "./devtools.ts";
import { type SandboxOptions, sandboxesOf } from "./sandbox.ts";
import { connectedChecks, startConnected, type ConnectedOptions } from "../parts.ts";

/** How to start a node; everything has a default. */
export interface NodeOptions extends Partial<Omit<ConnectedOptions, "identity" | "sandbox" | "introductions">> {
  /**
   * Who the node is: an identity, or the path of a key file, which is made when there is none. Unless given, that of its `data`, in the file
   * `node.key` there, or without `data` a new one: nobody can know such a node in advance.
   */
  readonly identity?: Identity | string;
  /**
   * Where code of peers runs that are let in and not in `trust`, and under which limits: `{}` for a process of each peer with the usual ones.
   * What each kind protects against, and what not, is in docs/sandbox.md. Unless given such code is refused.
   */
  readonly sandbox?: SandboxOptions;
  /**
   * Serves dev tools for this node until it stops: true for reading alone, on this machine alone. What is served to whom is in docs/dev-tools.md. Not
   * unless given; the environment variable `ESPALIER_DEVTOOLS` (`read`, `values` or `manage`) asks for all nodes of a program.
   */
  readonly devtools?: boolean | DevToolsOptions;
  /** The world that it lives in: the real one unless given. */
  readonly host?: Host;
  /** Where crashes and the like are reported: standard error unless given. */
  readonly logger?: Logger;
}

const { introductions: _, ...nodeChecks } = connectedChecks;

/** Checked before anything is made of them: a key file, for one. */
export const checks: Checks<NodeOptions> = {
  ...nodeChecks,
  identity: anIdentity,
  sandbox: anObject,
  devtools: aDevToolsOption,
};

/**
 * Starts a node in this OS process. Unless told to listen it accepts no connection; it can always make some, to nodes that let it in.
 *
 * - Errors: TypeError naming an option that there is not, or that is something else; ListenError naming the port that is taken; IdentityError naming the key file that is none, or that others can read;
 *   DataInUseError naming the `data` directory that another node has.
 *
 * ```ts
 * import { Node } from "espalier";
 *
 * await using node = await Node.start({ listen: "ws://127.0.0.1:0" });
 * node.ref.url.startsWith("ws://127.0.0.1:"); // => true
 * ```
 */
export async function start(options: NodeOptions = {}): Promise<Node> {
  checkOptions("Node.start", options, checks);
  const {
    identity,
    sandbox,
    devtools = false,
    host = nodeHost({ network: webSocketNetwork({ limits: readLimits(options.limits) }) }),
    logger = consoleLogger,
    ...rest
  } = options;
  const node = await startConnected({
    ...rest,
    host,
    logger,
    identity: await identityOf(identity, rest.data, host),
    ...(sandbox === undefined ? {} : { sandbox: sandboxesOf(sandbox) }),
  });
  await lookedAt(node, devtools);
  return node;
}

/** Who a node is that was given this identity and these data. */
export async function identityOf(
  identity: Identity | string | undefined,
  data: string | undefined,
  host: Host,
): Promise<Identity> {
  const who = identity ?? (data === undefined ? undefined : `${data}/node.key`);
  if (who === undefined) return createIdentity(host);
  if (typeof who !== "string") return who;
  checkKeyPath(who);
  return loadIdentity(host, who);
}

const shownReports = new ConsoleReports(() => performance.now());

/** One line a report, and a few for a crash. */
export const consoleLogger: Logger = {
  report(report) {
    const parts = shownReports.take(report);
    if (parts !== null) process.stderr.write(`${parts.map(show).join(" ")}\n`);
  },
};

function show(part: unknown): string {
  return typeof part === "string" ? part : inspect(part, { depth: 3, breakLength: Infinity });
}

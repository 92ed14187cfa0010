import { channelTravels } from "@espalier/channels";
import {
  abi,
  CodeCache,
  codeFunctions,
  codeInstances,
  codeTravels,
  createCodeStore,
  hashVersion,
  PrivateHome,
  type CodeDiskEvent,
  type Definitions,
} from "@espalier/code";
import { directoryTravels } from "@espalier/directory";
import { durationMs, heartbeatTravels, type Duration, type LeaseOptions } from "@espalier/heartbeat";
import {
  Access,
  distribution,
  Node,
  readLimits,
  type Host,
  type LimitOptions,
  type Logger,
  type NodeId,
  type NodeRef,
  type Transport,
} from "@espalier/runtime";
import { type Sandboxes, sandboxTravels } from "@espalier/sandbox";
import { CborCodec, SessionTransport, type Identity, type Introductions } from "@espalier/wire";
import {
  aCount,
  aLogger,
  anAddress,
  anIdentity,
  anObject,
  any,
  aText,
  checkOptions,
  nodes,
  nodesOrAnyone,
  refs,
  type Checks,
} from "./options.ts";

/** A node among others, on a given host. */
export interface ConnectedOptions {
  readonly host: Host;
  readonly identity: Identity;
  /** Where to accept connections, such as `ws://0.0.0.0:7000`; nowhere unless given. */
  readonly listen?: string;
  /**
   * What others reach this node by, when that is not what it listens on: `ws://host:port`, or `wss://host:port` of a proxy that speaks TLS, without a
   * path.
   */
  readonly address?: string;
  /** Who is let in, by their keys. Nobody unless given. */
  readonly allow?: readonly (NodeRef | NodeId)[] | "anyone";
  /**
   * 32 random bytes, kept secret. Whoever has them too may connect, whatever its own key and `allow` say; it is told apart by its own key all the same.
   * `node.ref.withKey(sharedKey).secretUrl` is what to hand out. Nobody unless given.
   */
  readonly sharedKey?: Uint8Array;
  /**
   * Nodes to stay connected with. They are dialled at the start, which waits for none of them, and again after each loss and each failure, as by
   * `Nodes.connect(node, { keep: true })`. The node itself may be among them, so that all nodes can be given the same list.
   */
  readonly connect?: readonly NodeRef[];
  /**
   * Whose code runs in this node itself, with the rights of this program: those who are let in by name unless given, now or by
   * `node.access.allow`, and never "anyone".
   * Code of others runs in the `sandbox`, or is refused.
   */
  readonly trust?: readonly (NodeRef | NodeId)[];
  /** Where code of everybody else runs. Nowhere unless given: it is refused. */
  readonly sandbox?: Sandboxes;
  /** How leases are timed: the same on all nodes that send each other computations. */
  readonly lease?: LeaseOptions;
  /**
   * How long nothing may come from a node that this one is connected with, before the connection is closed: between that and a quarter more (R-1301).
   * Whoever has nothing to say says so every quarter of it. It need not be the same on all nodes. One minute unless given, as in OTP.
   */
  readonly netTicktime?: Duration;
  /**
   * A directory for what outlives this node's process: what `Remote.checkpoint` keeps, and the code that peers sent, so that it need not be asked
   * for again. One node at a time uses it. Nothing is kept unless given.
   */
  readonly data?: string;
  /** How many processes may have a checkpoint at once: 10,000 unless given. */
  readonly checkpointsMax?: number;
  /** What it takes from others at most, as far as that is not the default: docs/limits.md has all of them. */
  readonly limits?: LimitOptions;
  readonly logger?: Logger;
  /** How often dead letters may be reported to the logger, with their number; never unless given. */
  readonly reportDeadLetters?: Duration;
  /** The static keys of nodes that it knows beforehand: those of its container. */
  readonly introductions?: Introductions;
  /** Stands between the node and its sessions, and sees every message in the clear: for tests. */
  readonly intercept?: (sessions: Transport) => Transport;
}

/** What `limits`, `netTicktime` and the like may be is said where they are used. */
export const connectedChecks: Checks<ConnectedOptions> = {
  host: anObject,
  identity: anIdentity,
  listen: aText,
  address: anAddress,
  allow: nodesOrAnyone,
  sharedKey: any,
  connect: refs,
  trust: nodes,
  sandbox: anObject,
  lease: anObject,
  netTicktime: any,
  data: aText,
  checkpointsMax: aCount,
  limits: any,
  logger: aLogger,
  reportDeadLetters: any,
  introductions: anObject,
  intercept: any,
};

/**
 * Starts a node of all parts: the only place that knows them all. It touches nothing but its host.
 *
 * @throws TypeError naming an option that there is not, or that is something else.
 */
export function startConnected(options: ConnectedOptions): Promise<Node> {
  checkOptions("Node.start", options, connectedChecks);
  const {
    host,
    identity,
    listen,
    address,
    allow,
    sharedKey,
    connect = [],
    lease,
    netTicktime,
    data,
    checkpointsMax,
    limits,
    logger,
    reportDeadLetters,
    sandbox,
    introductions,
    intercept = (sessions) => sessions,
  } = options;
  const home = new PrivateHome(identity);
  const { code: codeLimits } = readLimits(limits);
  const access = new Access(allow);
  const trusted = options.trust === undefined ? null : new Set(new Access(options.trust).list);
  // Its own code may come back to it, after a restart: those whom it trusts say that it is its own.
  const trusts = (peer: NodeId): boolean =>
    peer === identity.id || (access.hears(peer) && (trusted?.has(peer) ?? access.names(peer)));
  // The node whose events these are is about to be made.
  if (address !== undefined && listen === undefined) {
    throw new TypeError(
      `address: expected "listen" with it, got ${JSON.stringify(address)} alone: nobody could connect`,
    );
  }
  let report: (event: CodeDiskEvent) => void = () => {};
  const cache =
    data === undefined
      ? null
      : new CodeCache({ disk: host.disk, directory: `${data}/code`, report: (event) => report(event) });
  const code = createCodeStore({
    trusts,
    limits: codeLimits,
    ownClasses: true,
    ...(sandbox === undefined ? {} : { foreign: sandbox }),
    ...(cache === null ? {} : { cache }),
  });
  return Node.start({
    host,
    id: identity.id,
    ...(logger === undefined ? {} : { logger }),
    ...(reportDeadLetters === undefined ? {} : { reportDeadLetters }),
    ...(limits === undefined ? {} : { limits }),
    distribution: (kernel) =>
      distribution({
        transport: ({ address: { incarnation }, events }) => {
          report = (event) => events.emit(event);
          return intercept(
            new SessionTransport({
              host,
              identity,
              incarnation,
              abi,
              hashVersion,
              ...(listen === undefined ? {} : { listen }),
              ...(address === undefined ? {} : { address }),
              access,
              limits: kernel.limits,
              ...(sharedKey === undefined ? {} : { sharedKey }),
              ...(introductions === undefined ? {} : { introductions }),
              ...(netTicktime === undefined ? {} : { netTicktimeMs: durationMs(netTicktime, "netTicktime") }),
            }),
          );
        },
        codec: (travels) => {
          const codec = (definitions: Definitions): CborCodec =>
            new CborCodec({
              travels: [
                ...travels,
                ...heartbeatTravels,
                ...channelTravels,
                ...codeTravels(definitions, home),
                ...sandboxTravels,
                ...directoryTravels,
              ],
              limits: kernel.limits,
              functions: [codeFunctions],
              // Data: nothing of a class runs, whoever sent it.
              instances: codeInstances(code),
            });
          sandbox?.serve({ kernel, code, codec });
          return codec(code);
        },
        ...(sandbox === undefined ? {} : { codecOf: (stranger: NodeId) => sandbox.codecOf(stranger) }),
        code,
        access,
        trusts,
        reachable: (url) => home.open(url),
        stopped: () => home.close(),
        ...(lease === undefined ? {} : { lease }),
        ...(data === undefined ? {} : { data }),
        ...(checkpointsMax === undefined ? {} : { checkpointsMax }),
      })(kernel),
  }).then((node) => {
    for (const peer of connect) if (peer.id !== identity.id) node.kernel.distribution?.keep(peer);
    return node;
  });
}

import {
  CauseError,
  durationMs,
  type Cause,
  type Duration,
  type LocalGenerator,
  type Operation,
} from "@espalier/heartbeat";
import { Thrown } from "../cell.ts";
import type { CrashReport } from "../introspection/crash-report.ts";
import { drain, type Drained } from "./drain.ts";
import type { Access } from "../access/access.ts";
import type { Distribution } from "../distribution-port.ts";
import type { Logger, NodeEvent } from "../introspection/events.ts";
import type { Host } from "../host.ts";
import { readLimits, type LimitOptions } from "../limits.ts";
import { inspect, type NodeView } from "../introspection/inspect.ts";
import { Kernel } from "../kernel.ts";
import type { AnyBody } from "../spawning/launch.ts";
import { NodeRef, type NodeId } from "./node-ref.ts";
import { NodeAddress, type Pid } from "../addresses/pid.ts";
import { infoOf, type ProcessInfo } from "../introspection/process-info.ts";
import { toBase64Url } from "../base64url.ts";
import type { Body } from "../spawning/body.ts";
import type { Remote } from "../moving/remote.ts";
import { stopAll } from "../exits/shutdown.ts";
import { addLines, framesOf, traceStart } from "../trace.ts";

/** How to start a node. */
export interface NodeOptions {
  readonly host: Host;
  /** Who the node is: its Ed25519 public key. One that nobody has seen before unless given. */
  readonly id?: NodeId;
  /** Where crashes and the like are reported; nowhere unless given. */
  readonly logger?: Logger;
  /** How often dead letters may be reported to the logger, with their number; never unless given. */
  readonly reportDeadLetters?: Duration;
  /** What the node takes from others at most, as far as that is not the default: see docs/limits.md. */
  readonly limits?: LimitOptions;
  /** Connects the node with others; without it the node is alone. */
  readonly distribution?: (kernel: Kernel) => Distribution;
}

/** A place where processes run. */
export interface Node extends AsyncDisposable {
  /** The node as a value that travels. */
  readonly ref: NodeRef;
  /** Which life of the node this is. */
  readonly incarnation: string;

  /**
   * Runs a body, a Remote, a single operation or a generator in a new process, and resolves with its result.
   *
   * Rejects with the very error that the body threw, or with a `CauseError` when the process ended otherwise.
   */
  run<A>(what: Remote<A> | Operation<A> | LocalGenerator<A>): Promise<A>;
  run<A extends readonly unknown[], R, M = never>(body: Body<M, A, R>, ...parameters: A): Promise<R>;

  /** Whom the node lets in, and what it lets go on of it: the list can be changed while the node runs. See docs/access.md. */
  readonly access: Access;

  /** Calls `listener` with each event of the node, in order, until what it returns is called. */
  readonly events: { subscribe(listener: (event: NodeEvent) => void): () => void };

  /**
   * The last 256 crashes, the oldest first: what the process was doing, what waited for it, who its ancestors are, what its supervisor
   * decided, and a hint where there is a rule for such a crash. See docs/dev-tools.md.
   *
   * ```ts
   * import { Node, Process } from "espalier";
   *
   * await using node = await Node.start({ logger: { report: () => {} } });
   * await node.run(function* () {
   *   yield* Process.spawn(function* adder() {
   *     throw new TypeError("no such number");
   *   });
   *   yield* Process.sleep(0);
   * });
   * node.crashes.map(({ label, cause }) => [label, cause.type]); // => [["adder", "error"]]
   * ```
   */
  readonly crashes: readonly CrashReport[];

  /** How one of its processes stands: see `Process.info`. */
  inspect(pid: Pid): ProcessInfo | undefined;
  /** How everything on the node stands. */
  inspect(): NodeView;

  /**
   * Proof of death: says that the OS process of `node` was seen to end. What it ran for processes of this node is lost at once, with the cause
   * `unresponsive`, instead of when its lease is over. Only say so of a node that cannot come back in the same life.
   *
   * @param incarnation the life that ended; the one that the node was last seen in unless given.
   */
  declareDown(node: NodeRef, incarnation?: string): void;

  /**
   * Stops the node: every process is asked to end with `shutdown`, those without a living parent first, and what has not ended `within` (5 s
   * unless said) is killed, whatever its supervisor would have allowed it. Then the connections are closed. Idempotent: the first call's
   * limit holds.
   */
  stop(options?: { readonly within?: Duration }): Promise<void>;

  /**
   * Takes the node out of a cluster: refuses new work, moves what can move with its home to the nodes `to`, in turns, the oldest first, stops the rest
   * as {@link Node.stop} does, and leaves. Half of the time at most goes into moving, so that there is some for stopping in order; `within` is 30 s
   * unless given.
   *
   * - What is refused: {@link Node.run}, computations and homes that other nodes send. Signals are taken until their receiver has moved.
   * - What moves: processes whose code can, as with `Process.migrate(pid, node, { home: true })`. Computations of other nodes that are here move to
   *   `to`, or home when no nodes are given. A process that is linked with its parent moves only if the parent does.
   * - Others see a `nodedown` with the reason `shutdown`.
   * - Idempotent. After {@link Node.stop} it rejects with NodeStoppedError.
   */
  drain(options?: { readonly to?: readonly NodeRef[]; readonly within?: Duration }): Promise<Drained>;

  /**
   * The works, for the packages that build on the runtime.
   *
   * @internal
   */
  readonly kernel: Kernel;
}

/**
 * Starts a node.
 *
 * ```ts
 * import { Node } from "espalier";
 *
 * await using node = await Node.start();
 * await node.run(function* () {
 *   return 42;
 * }); // => 42
 * ```
 */
export async function start(options: NodeOptions): Promise<Node> {
  const { host } = options;
  const id = options.id ?? toBase64Url(host.crypto.ed25519PublicKey(host.random.bytes(32)));
  const incarnation = `${Math.floor(host.clock.wall()).toString(36)}-${toBase64Url(host.random.bytes(6))}`;
  const { reportDeadLetters } = options;
  const reportDeadLettersMs =
    reportDeadLetters === undefined ? null : durationMs(reportDeadLetters, "reportDeadLetters");
  const kernel = new Kernel({
    host,
    address: new NodeAddress(id, incarnation),
    logger: options.logger ?? null,
    reportDeadLettersMs,
    limits: readLimits(options.limits),
  });
  if (options.distribution !== undefined) {
    kernel.distribution = options.distribution(kernel);
    await kernel.distribution.start();
  } else {
    // Nothing of anybody is here.
    const ended = Promise.resolve();
    kernel.access.serve({
      self: id,
      allowed: () => {},
      revoked: (node) => ({ report: { node, sessions: 0, computations: 0 }, ended }),
    });
  }
  return new RunningNode(kernel);
}

class RunningNode implements Node {
  readonly kernel: Kernel;
  #stopping: Promise<void> | null = null;
  #draining: Promise<Drained> | null = null;

  constructor(kernel: Kernel) {
    this.kernel = kernel;
    kernel.stopNode = () => void this.stop();
  }

  get ref(): NodeRef {
    return new NodeRef(this.kernel.address.id, this.kernel.distribution?.url ?? null);
  }

  get incarnation(): string {
    return this.kernel.address.incarnation;
  }

  get access(): Access {
    return this.kernel.access;
  }

  get crashes(): readonly CrashReport[] {
    return this.kernel.crashes.reports;
  }

  get events(): Node["events"] {
    return this.kernel.events;
  }

  run(what: AnyBody, ...parameters: readonly unknown[]): Promise<any> {
    if (this.#stopping !== null) return Promise.reject(new NodeStoppedError());
    const site: { readonly stack?: string } = {};
    // oxlint-disable-next-line unbound-method -- It is not called: the stack begins below it.
    captureStackTrace?.(site, this.run);
    return new Promise((resolve, reject) => {
      const cell = this.kernel.spawn(this.kernel.root, what, parameters);
      cell.ended = (cause: Cause, outcome: unknown) => {
        if (cause.type === "normal" && !(outcome instanceof Thrown)) resolve(outcome);
        else reject(rejection(cause, outcome, site));
      };
    });
  }

  inspect(pid: Pid): ProcessInfo | undefined;
  inspect(): NodeView;
  inspect(pid?: Pid): NodeView | ProcessInfo | undefined {
    return pid === undefined ? inspect(this.kernel) : infoOf(this.kernel, pid);
  }

  declareDown(node: NodeRef, incarnation?: string): void {
    this.kernel.distribution?.declareDown(node, incarnation ?? null);
  }

  drain({ to = [], within = "30s" }: Parameters<Node["drain"]>[0] = {}): Promise<Drained> {
    if (this.#draining !== null) return this.#draining;
    if (this.#stopping !== null) return Promise.reject(new NodeStoppedError());
    const { id } = this.kernel.address;
    const draining = drain(
      this.kernel,
      to.filter((node) => node.id !== id),
      durationMs(within, "within"),
    );
    this.#draining = draining;
    this.#stopping = draining.then(() => {});
    return draining;
  }

  stop(options: { readonly within?: Duration } = {}): Promise<void> {
    this.#stopping ??= stopAll(this.kernel, durationMs(options.within ?? "5s", "within"));
    return this.#stopping;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

/** What a run rejects with: what was thrown, if it could travel here, and below its frames those of whoever waits. */
function rejection(cause: Cause, outcome: unknown, site: { readonly stack?: string }): unknown {
  if (outcome instanceof Thrown) {
    traceStart(outcome.error, site);
    return outcome.error;
  }
  const error = new CauseError(cause);
  const elsewhere = cause.type === "error" ? framesOf(cause.error.stack) : [];
  if (elsewhere.length > 0) addLines(error, elsewhere, true);
  traceStart(error, site, elsewhere.length === 0);
  return error;
}

/** V8's; other engines do not say where a run was started. */
const captureStackTrace = (Error as { captureStackTrace?: (object: object, above: Function) => void })
  .captureStackTrace;

/** The node was asked to run something after it was stopped. */
export class NodeStoppedError extends Error {
  readonly code = "NODE_STOPPED";
  constructor() {
    super("the node is stopped");
    this.name = "NodeStoppedError";
  }
}

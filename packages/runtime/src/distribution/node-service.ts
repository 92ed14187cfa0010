import { CauseError, causeOf, describe, normal, Tally, type LocalGenerator, type Operation } from "@espalier/heartbeat";
import type { Cell } from "../cell.ts";
import type { Kernel } from "../kernel.ts";
import { beyond } from "../limits.ts";
import type { NodeId } from "../cluster/node-ref.ts";
import type { Pid } from "../addresses/pid.ts";
import { SendAnswered } from "../mailbox/send-answered.ts";
import type { Ref } from "../addresses/ref.ts";
import type { Signal } from "../exits/signal.ts";
import { CancelTimer } from "../timers/timer.ts";
import type { Performed } from "./asking.ts";
import { ProtocolError, tooMany } from "./errors.ts";
import { NodeRequest } from "./node-request.ts";
import type { Peers } from "./peers.ts";
import type { Signals } from "./signals.ts";

/** Operations on a channel, which its home performs. */
export const channelTypes: readonly string[] = [
  "channel.close",
  "channel.deliver",
  "channel.next",
  "channel.peek",
  "channel.peekNow",
  "channel.receive",
  "channel.receiveNow",
  "channel.send",
  "channel.sendUnconfirmed",
  "channel.subscribe",
];

/** What a process of another node may have performed here: each names something that only those know who were given it. */
const performable: ReadonlySet<string> = new Set([
  ...channelTypes,
  "heartbeat.fail",
  "heartbeat.reset",
  "heartbeat.status",
  "heartbeat.stop",
  "process.registered",
  "process.whereis",
]);

/** What only a process of this node may have performed here while it is elsewhere. */
const performableForOwn: ReadonlySet<string> = new Set(["process.register", "process.unregister"]);

/**
 * The node's process 0: what other nodes ask of the node itself. An operation that may wait is performed by a process of its own, so that
 * nothing waits behind it.
 */
export class NodeService {
  readonly #kernel: Kernel;
  /** What is being performed, by the key of the ref that waits for it. */
  readonly #performing = new Map<string, { readonly cell: Cell; readonly owner: Pid; readonly asker: string }>();
  /** How much of that each node has asked for. A process of this node that is elsewhere counts by itself. */
  readonly #pending = new Tally();
  readonly #peers: Pick<Peers, "account" | "misbehaved">;
  readonly #nodeOf: (pid: Pid) => NodeId;
  /** Set right after, since the two need each other. */
  signals!: Pick<Signals, "refer">;

  constructor(kernel: Kernel, peers: Pick<Peers, "account" | "misbehaved">, nodeOf: (pid: Pid) => NodeId) {
    this.#kernel = kernel;
    this.#peers = peers;
    this.#nodeOf = nodeOf;
  }

  /** A signal to process 0. @throws ProtocolError when its sender may not ask that. */
  receive(from: Pid, signal: Signal): void {
    if (signal.type === "demonitor") return this.#unwatch(from, signal.ref);
    // Watches of this process are watches of the connection, and that is known without it.
    if (signal.type !== "message") return;
    const request = signal.message;
    if (!(request instanceof NodeRequest)) return this.#kernel.deadLetter(this.#kernel.root, request);
    const { ref, what, parameters } = request;
    if (!ref.owner.equals(from)) throw new ProtocolError("node request: expected the asker's own ref");
    const { key } = ref;
    if (what === "cancel") {
      const performing = this.#performing.get(key);
      if (performing !== undefined) this.#kernel.exits.kill(performing.cell);
      return;
    }
    if (what === "send" || what === "monitor") return this.#forNamed(ref, what, parameters);
    const [operation] = parameters as [Operation<any, any> | undefined];
    const type = operation?.type;
    if (what !== "perform" || operation === undefined || type === undefined || !this.#mayPerform(from, operation)) {
      return this.#refuse(ref, {
        type: "error",
        name: "Error",
        message: `this node does not perform ${type ?? what} for others`,
        code: null,
      });
    }
    if (this.#performing.has(key)) throw new ProtocolError("node request: expected a ref that waits for nothing else");
    const asker = this.#askerOf(ref.owner);
    const { limits } = this.#kernel;
    if (this.#pending.of(asker) >= limits.requestsPerPeer) {
      const message = beyond(limits, "requestsPerPeer", "requests of one node that are not answered");
      return this.#refuse(ref, { type: "error", ...tooMany(message) });
    }
    const cell = this.#kernel.spawn(this.#kernel.root, performingFor(operation), []);
    this.#performing.set(key, { cell, owner: ref.owner, asker });
    this.#pending.add(asker);
    cell.ended = (cause, outcome) => {
      this.#performing.delete(key);
      this.#pending.remove(asker);
      const value: Performed = cause === normal ? (outcome as Performed) : { type: "cause", cause };
      this.#kernel.route(this.#kernel.root, ref.owner, { type: "reply", ref, value });
    };
  }

  /** Whoever asked has lost the connection, knows it, and waits no more. */
  lost(isLost: (pid: Pid) => boolean): void {
    for (const [key, { cell, owner, asker }] of this.#performing) {
      if (!isLost(owner)) continue;
      this.#performing.delete(key);
      this.#pending.remove(asker);
      // An answer would make a link, only to go nowhere.
      cell.ended = null;
      this.#kernel.exits.kill(cell);
    }
  }

  #askerOf(pid: Pid): string {
    return this.#kernel.isHome(pid) ? pid.key : pid.address.id;
  }

  /** Whoever is refused too often is cut off. */
  #refuse(ref: Ref, refused: Performed): void {
    const { limits, host, root } = this.#kernel;
    const peer = this.#nodeOf(ref.owner);
    if (this.#peers.account(peer)?.refusals.take(host.clock.monotonic()) === false) {
      return this.#peers.misbehaved(peer, beyond(limits, "refusalsPerSecond", "requests are refused in a second"));
    }
    this.#kernel.route(root, ref.owner, { type: "reply", ref, value: refused });
  }

  /** What is for whoever has a name here: a message, or to watch it and a message. */
  #forNamed(ref: Ref, what: "send" | "monitor", [name, ...messages]: readonly unknown[]): void {
    const kernel = this.#kernel;
    if (typeof name !== "string") throw new ProtocolError(`node request: expected a name, got ${describe(name)}`);
    const named = kernel.whereis(name)?.pid;
    if (named === undefined) {
      if (what === "send") kernel.deadLetter(name, messages[0], "noproc", ref.owner);
      else kernel.route(kernel.root, ref.owner, { type: "down", ref, cause: { type: "noproc", what: name } });
      return;
    }
    if (what === "monitor" && !this.signals.refer(this.#nodeOf(ref.owner), ref)) return;
    if (what === "monitor") kernel.arrive(named, { type: "monitor", ref });
    for (const message of messages) kernel.arrive(named, { type: "message", message });
  }

  /** Whoever had a name is not watched any more. */
  #unwatch(from: Pid, ref: Ref): void {
    if (!ref.owner.equals(from)) return;
    const { remoteWatchers } = this.#kernel;
    remoteWatchers.get(ref.key)?.detach();
    remoteWatchers.delete(ref.key);
  }

  #mayPerform(from: Pid, operation: Operation<any, any>): boolean {
    if (performable.has(operation.type)) return true;
    if (operation instanceof SendAnswered) return this.#kernel.isHome(operation.to);
    return this.#kernel.isHome(from) && (performableForOwn.has(operation.type) || isTimerOf(from, operation));
  }
}

function isTimerOf(pid: Pid, operation: Operation<any, any>): boolean {
  return operation instanceof CancelTimer && operation.timer.owner.equals(pid);
}

function performingFor(operation: Operation<any, any>): () => LocalGenerator<Performed> {
  return function* performed() {
    try {
      return { type: "value", value: yield* operation as Operation<unknown> };
    } catch (error) {
      if (error instanceof CauseError) return { type: "cause", cause: error.reason };
      if (!(error instanceof Error)) return { type: "cause", cause: causeOf(error) };
      const { name, message, code } = error as Error & { code?: unknown };
      return { type: "error", name, message, code: typeof code === "string" ? code : null };
    }
  };
}

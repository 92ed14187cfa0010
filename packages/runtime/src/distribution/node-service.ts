import { CauseError, causeOf, normal, type LocalGenerator, type Operation } from "@espalier/heartbeat";
import type { Cell } from "../cell.ts";
import type { Kernel } from "../kernel.ts";
import type { Pid } from "../pid.ts";
import type { Signal } from "../signal.ts";
import { CancelTimer } from "../timer.ts";
import type { Performed } from "./asking.ts";
import { ProtocolError } from "./errors.ts";
import { NodeRequest } from "./node-request.ts";

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
  readonly #performing = new Map<string, Cell>();

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** A signal to process 0. @throws ProtocolError when its sender may not ask that. */
  receive(from: Pid, signal: Signal): void {
    // Watches of this process are watches of the connection, and that is known without it.
    if (signal.type !== "message") return;
    const request = signal.message;
    if (!(request instanceof NodeRequest)) return this.#kernel.deadLetter(this.#kernel.root, request);
    const { ref, what, parameters } = request;
    if (!ref.owner.equals(from)) throw new ProtocolError("node request: expected the asker's own ref");
    const { key } = ref;
    if (what === "cancel") {
      const cell = this.#performing.get(key);
      if (cell !== undefined) this.#kernel.exits.kill(cell);
      return;
    }
    const [operation] = parameters as [Operation<any, any> | undefined];
    const type = operation?.type;
    if (what !== "perform" || operation === undefined || type === undefined || !this.#mayPerform(from, operation)) {
      const refused: Performed = {
        type: "error",
        name: "Error",
        message: `this node does not perform ${type ?? what} for others`,
        code: null,
      };
      this.#kernel.route(this.#kernel.root, ref.owner, { type: "reply", ref, value: refused });
      return;
    }
    const cell = this.#kernel.spawn(this.#kernel.root, performingFor(operation), []);
    this.#performing.set(key, cell);
    cell.ended = (cause, outcome) => {
      this.#performing.delete(key);
      const value: Performed = cause === normal ? (outcome as Performed) : { type: "cause", cause };
      this.#kernel.route(this.#kernel.root, ref.owner, { type: "reply", ref, value });
    };
  }

  #mayPerform(from: Pid, operation: Operation<any, any>): boolean {
    if (performable.has(operation.type)) return true;
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

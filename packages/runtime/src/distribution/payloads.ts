import { errorData, type Cause, type HeartbeatStatus } from "@espalier/heartbeat";
import { Refusal } from "../servers/call.ts";
import type { CodeStore, Hash } from "../code.ts";
import type { Payload } from "../message.ts";
import { type NodeId, NodeRef } from "../cluster/node-ref.ts";
import { Pid } from "../addresses/pid.ts";
import { Ref } from "../addresses/ref.ts";
import type { MigrationRequest, Signal } from "../exits/signal.ts";
import type { Codec } from "../moving/travel.ts";
import type { AddressBook } from "./address-book.ts";
import type { Trusted } from "./trusted.ts";

/** What crosses machines inside of messages: users' values, encoded by the codec, with the definitions that they need. */
export class Payloads {
  readonly #codec: Codec;
  readonly #code: CodeStore;
  readonly #trust: Trusted;
  readonly #book: AddressBook;

  constructor(codec: Codec, code: CodeStore, trust: Trusted, book: AddressBook) {
    this.#book = book;
    this.#codec = codec;
    this.#code = code;
    this.#trust = trust;
  }

  /** @throws NotMovableError naming what cannot travel. */
  encode(value: unknown): Payload {
    const { bytes, hashes } = this.#codec.encode(value);
    return { bytes, hashes: hashes.size === 0 ? none : this.#code.closure(hashes) };
  }

  /**
   * @param from the nodes by whose word it is: what one of them is not trusted with runs in that node's sandbox, where there is one.
   * @throws CodecError when it makes no sense.
   */
  decode({ bytes }: Payload, ...from: readonly NodeId[]): unknown {
    const stranger = this.#trust.stranger(...from);
    this.#book.speaker = stranger;
    try {
      return this.#trust.codecFor(stranger).decode(bytes);
    } finally {
      this.#book.speaker = null;
    }
  }

  /** A cause always arrives: what cannot travel in it is left out, and said. */
  encodeCause(cause: Cause): Payload {
    try {
      return this.encode(cause);
    } catch (error) {
      return this.encode(withoutValues(cause, error));
    }
  }

  /** A heartbeat's end always arrives, too. */
  encodeStatus(status: HeartbeatStatus): Payload {
    try {
      return this.encode(status);
    } catch (error) {
      return this.encode("cause" in status ? { ...status, cause: withoutValues(status.cause, error) } : status);
    }
  }

  /** A reply that cannot travel becomes a refusal that says so: whoever waits for it must not wait for ever. */
  encodeReply(value: unknown): Payload {
    try {
      return this.encode(value);
    } catch (error) {
      return this.encode(new Refusal({ type: "error", error: withoutCause(error) }));
    }
  }

  /** @throws NotMovableError when it is a message that cannot travel. */
  encodeSignal(to: Pid, signal: Signal): Payload {
    return this.encode([to, ...signalTuple(this.#safe(signal))]);
  }

  /** @throws TypeError when it is not what {@link Payloads.encodeSignal} makes. */
  decodeSignal(payload: Payload, ...from: readonly NodeId[]): { readonly to: Pid; readonly signal: Signal } {
    const data = this.decode(payload, ...from);
    const [to, ...rest] = Array.isArray(data) ? (data as unknown[]) : [];
    if (!(to instanceof Pid)) throw new TypeError("signal: expected the pid that it is for");
    return { to, signal: signalOf(rest) };
  }

  #safe(signal: Signal): Signal {
    if (signal.type !== "exit" && signal.type !== "down" && signal.type !== "reply") return signal;
    try {
      void this.#codec.encode(signal.type === "reply" ? signal.value : signal.cause);
      return signal;
    } catch (error) {
      if (signal.type === "reply") {
        return { ...signal, value: new Refusal({ type: "error", error: withoutCause(error) }) };
      }
      return { ...signal, cause: withoutValues(signal.cause, error) };
    }
  }
}

const none: readonly Hash[] = [];

/** What of a cause always travels. */
function withoutValues(cause: Cause, why: unknown): Cause {
  switch (cause.type) {
    case "error":
      return { type: "error", error: withoutCause(cause.error) };
    case "exit":
      return { type: "exit", reason: `a reason that cannot travel: ${withoutCause(why).message}` };
    case "shutdown":
      return { type: "shutdown" };
    case "normal":
    case "stopped":
    case "expired":
    case "kill":
    case "killed":
    case "timeout":
    case "noproc":
    case "noconnection":
    case "unresponsive":
      return cause;
  }
}

function withoutCause(error: unknown): { readonly name: string; readonly message: string } {
  const { name, message } = errorData(error);
  return { name, message };
}

function signalTuple(signal: Signal): readonly unknown[] {
  switch (signal.type) {
    case "message":
      return ["message", signal.message];
    case "exit":
      return ["exit", signal.from, signal.cause, signal.link];
    case "link":
      return ["link", signal.from];
    case "unlink":
      return ["unlink", signal.from];
    case "monitor":
      return ["monitor", signal.ref];
    case "demonitor":
      return ["demonitor", signal.ref];
    case "down":
      return ["down", signal.ref, signal.cause];
    case "reply":
      return ["reply", signal.ref, signal.value];
    case "alias":
      return ["alias", signal.ref, signal.message, signal.priority];
    case "migrate":
      return ["migrate", signal.ref, signal.request];
  }
}

function signalOf([type, first, second, third]: readonly unknown[]): Signal {
  switch (type) {
    case "message":
      return { type, message: first };
    case "exit":
      return { type, from: pid(first), cause: second as Cause, link: third === true };
    case "link":
    case "unlink":
      return { type, from: pid(first) };
    case "monitor":
    case "demonitor":
      return { type, ref: ref(first) };
    case "down":
      return { type, ref: ref(first), cause: second as Cause };
    case "reply":
      return { type, ref: ref(first), value: second };
    case "alias":
      return { type, ref: ref(first), message: second, priority: third === true };
    case "migrate":
      return { type, ref: ref(first), request: migrationRequest(second) };
    default:
      throw new TypeError("signal: expected one of the known kinds");
  }
}

/** @throws TypeError when it does not say where to. */
export function migrationRequest(value: unknown): MigrationRequest | null {
  if (value === null) return null;
  const { node, home } = (value ?? {}) as { readonly node?: unknown; readonly home?: unknown };
  if (node instanceof NodeRef) return home === true ? { node, home } : { node };
  throw new TypeError("migration: expected a node");
}

function pid(value: unknown): Pid {
  if (value instanceof Pid) return value;
  throw new TypeError("signal: expected a pid");
}

function ref(value: unknown): Ref {
  if (value instanceof Ref) return value;
  throw new TypeError("signal: expected a ref");
}

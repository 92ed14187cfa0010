import { parseCause, type Cause } from "@espalier/heartbeat";
import type { Kernel } from "../kernel.ts";
import { beyond } from "../limits.ts";
import type { Payload, ProcessAddress, SignalMessage } from "../message.ts";
import { anyIncarnation } from "../addresses/destination.ts";
import { migrationForbidden } from "../moving/migrate.ts";
import type { NodeId } from "../cluster/node-ref.ts";
import { NodeAddress, Pid } from "../addresses/pid.ts";
import { Ref } from "../addresses/ref.ts";
import type { Signal } from "../exits/signal.ts";
import { checkAttribution } from "./attribution.ts";
import type { CodeExchange } from "./code-exchange.ts";
import { ProtocolError } from "./errors.ts";
import { pidOf } from "./keys.ts";
import { migrationRequest, type Payloads } from "./payloads.ts";
import type { Peers } from "./peers.ts";

/** What came from another node could not be decoded; it harmed nothing else. */
export interface UndecodableEvent {
  readonly type: "undecodable";
  readonly node: NodeId;
  readonly to: Pid;
  readonly reason: string;
}

/** An unlink that the other side has not acknowledged. */
interface Unlinking {
  readonly id: number;
  /** Whether this side has linked again since. */
  relinked: boolean;
}

/** Where processes have their homes, as far as that is not where they were born. */
export interface SignalHomes {
  nodeOf(pid: Pid): NodeId;
  maySpeak(peer: NodeId, from: Pid, to: Pid): boolean;
  /** Whether another node may ever have been, or be, the home of a process. */
  mayHaveMoved(pid: Pid): boolean;
  relays(peer: NodeId, from: Pid, to: Pid, message: SignalMessage): boolean;
}

/**
 * Signals between a process of this node and one of another: encoded on the way out, decoded where they are delivered, in order for
 * each pair.
 *
 * Unlinking is a handshake: until the other side has acknowledged, whatever it says through a link between the two was said before it
 * knew, and is ignored; so both sides come to agree, however links and unlinks cross. When both have linked again since, its link counts:
 * of what crosses an unlink undoes a link, and two links are one.
 */
export class Signals {
  readonly #kernel: Kernel;
  readonly #peers: Peers;
  readonly #payloads: Payloads;
  readonly #code: CodeExchange;
  /** Asked of the node itself: process 0. */
  readonly #asked: (from: Pid, signal: Signal) => void;
  readonly #isTrusted: (peer: NodeId) => boolean;
  /** The last unlink that was not acknowledged, by the pair of processes. */
  readonly #unlinking = new Map<string, Unlinking>();
  #unlinks = 0;
  /** Where homes are; set right after, since the two need each other. */
  homes!: SignalHomes;

  constructor(
    kernel: Kernel,
    peers: Peers,
    payloads: Payloads,
    code: CodeExchange,
    asked: (from: Pid, signal: Signal) => void,
    isTrusted: (peer: NodeId) => boolean,
  ) {
    this.#kernel = kernel;
    this.#peers = peers;
    this.#payloads = payloads;
    this.#code = code;
    this.#asked = asked;
    this.#isTrusted = isTrusted;
  }

  /** How many unlinks the other side has not acknowledged. */
  get unlinking(): number {
    return this.#unlinking.size;
  }

  /**
   * Sends a signal to a process of another node.
   *
   * @throws NotMovableError when it is a message that cannot travel, and nothing was sent.
   */
  send(peer: NodeId, from: Pid, to: Pid, signal: Signal): void {
    if (signal.type === "down") this.#unrefer(peer, signal.ref.key);
    else if (signal.type === "unlink" || (signal.type === "exit" && signal.link)) this.#unrefer(peer, pair(from, to));
    this.#peers.signal(peer, this.#message(peer, from, to, signal), to, signal);
  }

  /** Sends a signal on to `peer` as it came from `source`: nobody opens it but the receiver. */
  forward(peer: NodeId, source: NodeId, message: SignalMessage): void {
    const from = absolute(message.from, source);
    const to = absolute(message.to, this.#kernel.address.id);
    const receiver = this.#pidOf(message.to, this.#kernel.address.id);
    // If there is no way, it ends as one that is lost with a link: whoever waits for an answer has a connection of its own to lose.
    this.#peers.signal(peer, { ...message, from, to }, receiver, {
      type: "reply",
      ref: new Ref(receiver, 0),
      value: null,
    });
  }

  /** A signal came from `peer`. @throws TypeError when the peer may not say that. */
  receive(peer: NodeId, message: SignalMessage): void {
    const from = this.#pidOf(message.from, peer);
    const to = this.#own(message.to);
    const line = linesOf(peer);
    if (!this.homes.maySpeak(peer, from, to)) {
      const reason = `${from.toString()} is not at home there`;
      // What has never moved is forwarded by nobody, nor spoken for: it is no late word of a former home, but a lie.
      if (!this.homes.mayHaveMoved(from) && !this.homes.mayHaveMoved(to)) throw new ProtocolError(reason);
      if (this.#kernel.events.active) this.#kernel.events.emit({ type: "undecodable", node: peer, to, reason });
      return;
    }
    // Asked when it is acted on, which may be later: then the node may be revoked whose word it is.
    const isRelayed = (): boolean =>
      !this.#isHeard(peer, from, to, message) || this.homes.relays(peer, from, to, message);
    const attributed = (value: unknown): unknown => attributedTo(from, value);
    switch (message.type) {
      case "signal.message":
        return this.#deliver(line, peer, from, to, message.payload, attributed, isRelayed, (value) => {
          this.#arrive(from, to, { type: "message", message: value });
        });
      case "signal.reply":
        return this.#deliver(line, peer, from, to, message.payload, asIs, isRelayed, (value) => {
          this.#kernel.arrive(to, { type: "reply", ref: new Ref(to, message.ref), value });
        });
      case "signal.alias":
        return this.#deliver(line, peer, from, to, message.payload, attributed, isRelayed, (value) => {
          const { ref, priority } = message;
          this.#kernel.arrive(to, { type: "alias", ref: new Ref(to, ref), message: value, priority });
        });
      case "signal.exit":
        return this.#deliver(line, peer, from, to, message.cause, asCause, isRelayed, (cause) => {
          if (message.link) this.#unrefer(peer, pair(to, from));
          if (message.link && this.#unlinking.has(pair(to, from))) return;
          this.#kernel.arrive(to, { type: "exit", from, cause, link: message.link });
        });
      case "signal.down":
        return this.#deliver(line, peer, from, to, message.cause, asCause, isRelayed, (cause) => {
          const ref = new Ref(to, message.ref);
          if (this.#mayTell(peer, from, to, ref)) this.#kernel.arrive(to, { type: "down", ref, cause });
        });
      case "signal.migrate": {
        // The next home may trust this node, and goes by its word: what is refused is not forwarded.
        const isForwarded = (): boolean =>
          this.#isTrusted(peer) ? isRelayed() : !this.#isHeard(peer, from, to, message);
        return this.#deliver(line, peer, from, to, message.payload, migrationRequest, isForwarded, (request) => {
          this.#migrate(peer, to, { type: "migrate", ref: new Ref(from, message.ref), request });
        });
      }
      case "signal.link":
      case "signal.unlink":
      case "signal.unlinked":
      case "signal.monitor":
      case "signal.demonitor":
        return this.#code.run(line, peer, [], () => {
          if (!isRelayed()) this.#control(peer, from, to, message);
        });
    }
  }

  /** Nothing that a revoked node says takes effect, whoever passes it on. */
  #isHeard(peer: NodeId, from: Pid, to: Pid, { type }: SignalMessage): boolean {
    const { access } = this.#kernel;
    if (access.hears(peer) && access.hears(this.homes.nodeOf(from))) return true;
    if (type === "signal.message" || type === "signal.alias") this.#kernel.deadLetter(to, null, "revoked", from);
    return false;
  }

  /** The link to `peer` is gone, and with it all links across it. */
  lost(peer: NodeId): void {
    for (const key of this.#unlinking.keys()) {
      const far = pidOf(key.slice(key.indexOf(" ") + 1));
      if (this.homes.nodeOf(far) === peer) this.#unlinking.delete(key);
    }
  }

  #control(
    peer: NodeId,
    from: Pid,
    to: Pid,
    message: Exclude<SignalMessage, { readonly payload: Payload } | { readonly cause: Payload }>,
  ): void {
    const key = pair(to, from);
    switch (message.type) {
      case "signal.link":
        // It crossed with our unlink, which will undo it over there; unless ours, which comes after that, will make it again.
        if (this.#unlinking.get(key)?.relinked === false || !this.#refer(peer, key)) return;
        return this.#arrive(from, to, { type: "link", from });
      case "signal.unlink":
        this.#unrefer(peer, key);
        this.#acknowledge(from, to, message.id);
        this.#kernel.arrive(to, { type: "unlink", from });
        return;
      case "signal.unlinked":
        if (this.#unlinking.get(key)?.id === message.id) this.#unlinking.delete(key);
        return;
      case "signal.monitor": {
        const ref = new Ref(from, message.ref);
        if (this.refer(peer, ref)) this.#arrive(from, to, { type: "monitor", ref });
        return;
      }
      case "signal.demonitor": {
        const ref = new Ref(from, message.ref);
        this.#unrefer(peer, ref.key);
        this.#arrive(from, to, { type: "demonitor", ref });
        return;
      }
    }
  }

  // What the peer has made here

  /** A monitor of a peer counts. False when there are too many: then the peer is cut off. */
  refer(peer: NodeId, { key }: Ref): boolean {
    return this.#refer(peer, key);
  }

  #refer(peer: NodeId, key: string): boolean {
    const references = this.#peers.account(peer)?.references;
    if (references === undefined) return true;
    references.add(key);
    const { limits } = this.#kernel;
    if (references.size <= limits.referencesPerPeer) return true;
    this.#peers.misbehaved(peer, beyond(limits, "referencesPerPeer", "monitors and links"));
    return false;
  }

  #unrefer(peer: NodeId, key: string): void {
    const references = this.#peers.account(peer)?.references;
    if (references !== undefined && references.size > 0) references.delete(key);
  }

  #acknowledge(near: Pid, far: Pid, id: number): void {
    const peer = this.homes.nodeOf(near);
    const { address } = this.#kernel;
    this.#peers.send(peer, {
      type: "signal.unlinked",
      to: addressOf(near, peer),
      from: addressOf(far, address.id),
      id,
    });
  }

  /** Decodes where it is delivered: what makes no sense harms this one signal. */
  #deliver<T>(
    line: string,
    peer: NodeId,
    from: Pid,
    to: Pid,
    payload: Payload,
    check: (value: unknown) => T,
    isRelayed: () => boolean,
    deliver: (value: T) => void,
  ): void {
    this.#code.run(
      line,
      peer,
      payload.hashes,
      (problem) => {
        if (isRelayed()) return;
        let value: T;
        try {
          if (problem !== null) throw new Error(problem);
          // It may have been passed on: then also by the word of the sender's node.
          value = check(this.#payloads.decode(payload, peer, from.address.id));
        } catch (error) {
          const reason = error instanceof Error ? error.message : String(error);
          if (this.#kernel.events.active) this.#kernel.events.emit({ type: "undecodable", node: peer, to, reason });
          return;
        }
        deliver(value);
      },
      payload.bytes.length,
    );
  }

  /** Only who is trusted says where to. */
  #migrate(peer: NodeId, to: Pid, signal: Extract<Signal, { type: "migrate" }>): void {
    if (this.#isTrusted(peer)) return this.#kernel.arrive(to, signal);
    if (signal.request === null) return;
    const { ref } = signal;
    this.#kernel.route(to, ref.owner, { type: "reply", ref, value: migrationForbidden(to) });
  }

  /** That a process has ended says the node that decides about it: the number of a ref is easily guessed. */
  #mayTell(peer: NodeId, from: Pid, to: Pid, ref: Ref): boolean {
    const kernel = this.#kernel;
    const cell = kernel.find(to);
    const target = cell === undefined ? null : (kernel.watchOf(cell, ref)?.target ?? null);
    if (target === null || from.address.id === target.address.id) return true;
    if (this.homes.nodeOf(from) === this.homes.nodeOf(target)) return true;
    const reason = `${from.toString()} does not say that ${target.toString()} has ended`;
    if (kernel.events.active) kernel.events.emit({ type: "undecodable", node: peer, to, reason });
    return false;
  }

  #arrive(from: Pid, to: Pid, signal: Signal): void {
    if (to.serial === 0) this.#asked(from, signal);
    else this.#kernel.arrive(to, signal);
  }

  /** The process here that is meant; with the process's own pid, which knows its cell. */
  #own(named: ProcessAddress): Pid {
    const [incarnation, serial, node] = named;
    const { address, cells } = this.#kernel;
    if (node !== undefined && node !== address.id) {
      const pid = this.#pidOf(named, node);
      return this.#kernel.adopted?.get(pid.key)?.pid ?? pid;
    }
    if (incarnation === address.incarnation) return cells.get(serial)?.pid ?? new Pid(address, serial);
    // The node itself may be asked by somebody who does not know in which life it is.
    return serial === 0 && incarnation === anyIncarnation
      ? this.#kernel.root
      : new Pid(new NodeAddress(address.id, incarnation), serial);
  }

  #pidOf([incarnation, serial, node]: ProcessAddress, implied: NodeId): Pid {
    return new Pid(new NodeAddress(node ?? implied, incarnation), serial);
  }

  #message(peer: NodeId, sender: Pid, receiver: Pid, signal: Signal): SignalMessage {
    const to = addressOf(receiver, peer);
    const from = addressOf(sender, this.#kernel.address.id);
    switch (signal.type) {
      case "message":
        return { type: "signal.message", to, from, payload: this.#payloads.encode(signal.message) };
      case "exit":
        return {
          type: "signal.exit",
          to,
          from,
          cause: this.#payloads.encodeCause(signal.cause),
          link: signal.link,
        };
      case "link": {
        const unlinking = this.#unlinking.get(pair(sender, receiver));
        if (unlinking !== undefined) unlinking.relinked = true;
        return { type: "signal.link", to, from };
      }
      case "unlink":
        this.#unlinks += 1;
        this.#unlinking.set(pair(sender, receiver), { id: this.#unlinks, relinked: false });
        return { type: "signal.unlink", to, from, id: this.#unlinks };
      case "monitor":
        return { type: "signal.monitor", to, from, ref: signal.ref.serial };
      case "demonitor":
        return { type: "signal.demonitor", to, from, ref: signal.ref.serial };
      case "down":
        return {
          type: "signal.down",
          to,
          from,
          ref: signal.ref.serial,
          cause: this.#payloads.encodeCause(signal.cause),
        };
      case "reply":
        return {
          type: "signal.reply",
          to,
          from,
          ref: signal.ref.serial,
          payload: this.#payloads.encodeReply(signal.value),
        };
      case "alias":
        return {
          type: "signal.alias",
          to,
          from,
          ref: signal.ref.serial,
          priority: signal.priority,
          payload: this.#payloads.encode(signal.message),
        };
      case "migrate":
        return {
          type: "signal.migrate",
          to,
          from,
          ref: signal.ref.serial,
          payload: this.#payloads.encode(signal.request),
        };
    }
  }
}

/** The line in which what a peer says about processes takes effect. */
export function linesOf(peer: NodeId): string {
  return `signals of ${peer}`;
}

/** What `implied` names already is not said. */
function addressOf({ address: { id, incarnation }, serial }: Pid, implied: NodeId): ProcessAddress {
  return id === implied ? [incarnation, serial] : [incarnation, serial, id];
}

function absolute([incarnation, serial, node]: ProcessAddress, implied: NodeId): ProcessAddress {
  return [incarnation, serial, node ?? implied];
}

function asIs(value: unknown): unknown {
  return value;
}

function attributedTo(from: Pid, message: unknown): unknown {
  checkAttribution(from, message);
  return message;
}

function asCause(value: unknown): Cause {
  return parseCause(value, "cause");
}

function pair(near: Pid, far: Pid): string {
  return `${near.key} ${far.key}`;
}

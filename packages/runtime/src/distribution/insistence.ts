import type { Host } from "../host.ts";
import type { Message } from "../message.ts";
import type { NodeId } from "../cluster/node-ref.ts";

/**
 * What has to be said to other nodes again and again until they answer: across lost messages and lost links, until it is answered or the node
 * is given up for good (H17). It keeps a timer only while there is something to say.
 */
export class Insistence {
  readonly #host: Host;
  readonly #patienceMs: number;
  readonly #send: (peer: NodeId, message: Message) => void;
  readonly #items = new Map<string, { readonly peer: NodeId; readonly message: Message; saidAtMs: number }>();
  #ticking = false;
  #stopped = false;

  /** @param patienceMs how long an answer may take before it is said again. */
  constructor(host: Host, patienceMs: number, send: (peer: NodeId, message: Message) => void) {
    this.#host = host;
    this.#patienceMs = patienceMs;
    this.#send = send;
  }

  get size(): number {
    return this.#items.size;
  }

  /** To whom something is still said. */
  get peers(): ReadonlySet<NodeId> {
    return new Set([...this.#items.values()].map(({ peer }) => peer));
  }

  /** Whether something is still said under `key`. */
  has(key: string): boolean {
    return this.#items.has(key);
  }

  /** Says `message` now, and again until `key` is settled. */
  say(key: string, peer: NodeId, message: Message): void {
    this.#items.set(key, { peer, message, saidAtMs: this.#host.clock.monotonic() });
    this.#send(peer, message);
    this.#tickSoon();
  }

  /** It was answered, or does not matter any more. @param by who answers: only the one to whom it is said can. */
  settle(key: string, by?: NodeId): void {
    if (by === undefined || this.#items.get(key)?.peer === by) this.#items.delete(key);
  }

  /** A link to `peer` is up: what was said over an earlier one may be lost. */
  linked(peer: NodeId): void {
    this.#repeat((item) => item.peer === peer);
  }

  /** `peer` is given up. */
  lose(peer: NodeId): void {
    for (const [key, item] of this.#items) if (item.peer === peer) this.#items.delete(key);
  }

  stop(): void {
    this.#stopped = true;
  }

  #repeat(isDue: (item: { readonly peer: NodeId; readonly saidAtMs: number }) => boolean): void {
    const nowMs = this.#host.clock.monotonic();
    for (const item of this.#items.values()) {
      if (!isDue(item)) continue;
      item.saidAtMs = nowMs;
      this.#send(item.peer, item.message);
    }
  }

  #tickSoon(): void {
    if (this.#ticking || this.#stopped || this.#items.size === 0) return;
    this.#ticking = true;
    this.#host.clock.after(this.#patienceMs, () => {
      this.#ticking = false;
      if (this.#stopped) return;
      const dueMs = this.#host.clock.monotonic() - this.#patienceMs;
      this.#repeat(({ saidAtMs }) => saidAtMs <= dueMs);
      this.#tickSoon();
    });
  }
}

import type { Message } from "../message.ts";
import type { NodeId } from "../node-ref.ts";

/**
 * What has to be said to other nodes again and again until they answer: across lost messages and lost links, until it is answered or the node
 * is given up for good (H17).
 */
export class Insistence {
  readonly #send: (peer: NodeId, message: Message) => void;
  readonly #items = new Map<string, { readonly peer: NodeId; readonly message: Message; saidAtMs: number }>();

  constructor(send: (peer: NodeId, message: Message) => void) {
    this.#send = send;
  }

  get size(): number {
    return this.#items.size;
  }

  /** Says `message` now, and again until `key` is settled. */
  say(key: string, peer: NodeId, message: Message, nowMs: number): void {
    this.#items.set(key, { peer, message, saidAtMs: nowMs });
    this.#send(peer, message);
  }

  /** It was answered, or does not matter any more. */
  settle(key: string): void {
    this.#items.delete(key);
  }

  /** Says again what was not answered for `patienceMs`. */
  tick(nowMs: number, patienceMs: number): void {
    for (const item of this.#items.values()) {
      if (nowMs - item.saidAtMs < patienceMs) continue;
      item.saidAtMs = nowMs;
      this.#send(item.peer, item.message);
    }
  }

  /** A link to `peer` is up: what was said over an earlier one may be lost. */
  linked(peer: NodeId, nowMs: number): void {
    for (const item of this.#items.values()) {
      if (item.peer !== peer) continue;
      item.saidAtMs = nowMs;
      this.#send(peer, item.message);
    }
  }

  /** `peer` is given up. */
  lose(peer: NodeId): void {
    for (const [key, item] of this.#items) if (item.peer === peer) this.#items.delete(key);
  }
}

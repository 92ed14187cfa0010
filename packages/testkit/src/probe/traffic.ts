import type { Message, NodeId, Transport } from "@espalier/runtime";

/** What nodes say to each other again and again although nothing happens. */
const periodic = /^(pulse|lease)\./;

/** The messages between nodes that are more than a sign of life: which are under way, and when the last one arrived. */
export class Traffic {
  /** When the last one arrived. */
  lastMs = 0;
  readonly #nowMs: () => number;
  /** When each was sent that is under way, oldest first, by link. */
  readonly #sent = new Map<string, number[]>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** When each message was sent that is under way between nodes of which that holds. */
  underWay(runs: (node: NodeId) => boolean): readonly number[] {
    return [...this.#sent].flatMap(([link, sent]) => (link.split(">").every(runs) ? sent : []));
  }

  /** Counts what crosses the sessions of a node. */
  intercept(self: NodeId, sessions: Transport): Transport {
    const outgoing = (peer: NodeId): number[] => this.#between(self, peer);
    return {
      start: (events) =>
        sessions.start({
          ...events,
          up: (peer, incarnation) => {
            this.#between(self, peer.id).length = 0;
            this.#between(peer.id, self).length = 0;
            events.up(peer, incarnation);
          },
          message: (peer, message) => {
            if (counts(message)) {
              this.lastMs = this.#nowMs();
              this.#between(peer, self).shift();
            }
            events.message(peer, message);
          },
          down: (peer, reason, why) => {
            outgoing(peer).length = 0;
            events.down(peer, reason, why);
          },
          failed: (peer, reason) => events.failed(peer, reason),
          refused: (key, remote, reason) => events.refused?.(key, remote, reason),
          listener: () => events.listener?.() ?? null,
        }),
      get url() {
        return sessions.url;
      },
      connect: (peer) => sessions.connect(peer),
      keep: (peer) => sessions.keep(peer),
      release: (peer) => sessions.release(peer),
      links: () => sessions.links(),
      network: () => sessions.network(),
      send: (peer, message) => {
        const isSent = sessions.send(peer, message);
        if (isSent && counts(message)) outgoing(peer).push(this.#nowMs());
        return isSent;
      },
      disconnect: (peer, reason) => sessions.disconnect(peer, reason),
      stop: () => sessions.stop(),
    };
  }

  #between(from: NodeId, to: NodeId): number[] {
    const link = `${from}>${to}`;
    let sent = this.#sent.get(link);
    if (sent === undefined) {
      sent = [];
      this.#sent.set(link, sent);
    }
    return sent;
  }
}

function counts({ type }: Message): boolean {
  return !periodic.test(type);
}

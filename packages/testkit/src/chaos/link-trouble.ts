import type { Clock, Host, Message, NodeId, Transport, TransportEvents } from "@espalier/runtime";

/** When more messages wait, the link breaks. */
const waitingMax = 100_000;

/** What is wrong with the line to a peer, until when. */
interface Trouble {
  readonly untilMs: number;
  /** How much later everything goes out; infinite: when the trouble is over. */
  readonly delayMs: number;
}

/** What waits on a line that is in trouble, the oldest first. */
interface Line {
  trouble: Trouble | null;
  readonly waiting: { readonly message: Message; readonly atMs: number }[];
  isTimed: boolean;
}

/**
 * Makes trouble on the links of a running node. It stands between the node and its sessions from the start, and does nothing until it is
 * asked to:
 *
 * ```ts
 * import { Node } from "espalier";
 * import { chaosActions, LinkTrouble } from "@espalier/testkit";
 *
 * const trouble = new LinkTrouble();
 * await using node = await Node.start({ listen: "ws://127.0.0.1:0", intercept: trouble.intercept });
 * chaosActions(node, { trouble }).list().some(({ name }) => name === "hold-messages"); // => true
 * ```
 *
 * What goes out later goes out in order: a link that is slow loses nothing. What still waits when the link breaks is lost with it.
 */
export class LinkTrouble {
  readonly #lines = new Map<NodeId, Line>();
  /** The peers that there is a link to. */
  readonly #up = new Set<NodeId>();
  #clock: Clock | null = null;
  #send: ((peer: NodeId, message: Message) => boolean) | null = null;

  /** For the option `intercept` of the node. One for each node. */
  readonly intercept: (sessions: Transport) => Transport = (sessions) => {
    this.#send = (peer, message) => sessions.send(peer, message);
    return {
      get url() {
        return sessions.url;
      },
      start: (events) => sessions.start(this.#watched(events)),
      connect: (peer) => sessions.connect(peer),
      keep: (peer) => sessions.keep(peer),
      release: (peer) => sessions.release(peer),
      send: (peer, message) => this.#sends(sessions, peer, message),
      disconnect: (peer, reason) => sessions.disconnect(peer, reason),
      links: () => sessions.links(),
      network: () => sessions.network(),
      stop: () => sessions.stop(),
    };
  };

  /** By which clock it makes things late. @internal For `chaosActions`. */
  use({ clock }: Host): void {
    this.#clock = clock;
  }

  /** From now on what goes to `peer` goes out `delayMs` later, or not before it is over, after `lastsMs`. */
  begin(peer: NodeId, { delayMs, lastsMs }: { readonly delayMs: number; readonly lastsMs: number }): void {
    if (this.#clock === null) throw new TypeError("LinkTrouble: expected to be given to chaosActions first");
    const line = this.#lines.get(peer) ?? { trouble: null, waiting: [], isTimed: false };
    this.#lines.set(peer, line);
    line.trouble = { untilMs: this.#clock.monotonic() + lastsMs, delayMs };
  }

  #watched(events: TransportEvents): TransportEvents {
    return {
      up: (peer, incarnation) => {
        this.#up.add(peer.id);
        events.up(peer, incarnation);
      },
      message: (peer, message) => events.message(peer, message),
      busy: (peer) => events.busy?.(peer),
      drained: (peer) => events.drained?.(peer),
      down: (peer, reason, why) => {
        this.#up.delete(peer);
        const line = this.#lines.get(peer);
        if (line !== undefined) line.waiting.length = 0;
        events.down(peer, reason, why);
      },
      failed: (peer, reason) => events.failed(peer, reason),
      refused: (key, remote, reason) => events.refused?.(key, remote, reason),
      listener: () => events.listener?.() ?? null,
    };
  }

  #sends(sessions: Transport, peer: NodeId, message: Message): boolean {
    const line = this.#lines.get(peer);
    if (line === undefined || this.#clock === null) return sessions.send(peer, message);
    const nowMs = this.#clock.monotonic();
    if (line.trouble !== null && line.trouble.untilMs <= nowMs) line.trouble = null;
    if (line.trouble === null && line.waiting.length === 0) {
      this.#lines.delete(peer);
      return sessions.send(peer, message);
    }
    if (!this.#up.has(peer)) return false;
    if (line.waiting.length === waitingMax) {
      const reason = `more than ${waitingMax} messages waited for the trouble on its link to be over`;
      this.#clock.after(0, () => sessions.disconnect(peer, reason));
      return false;
    }
    const { untilMs, delayMs } = line.trouble ?? { untilMs: nowMs, delayMs: 0 };
    // Behind what waits already: nothing overtakes on a link.
    const atMs = Math.max(line.waiting.at(-1)?.atMs ?? 0, Math.min(nowMs + delayMs, Math.max(untilMs, nowMs)));
    line.waiting.push({ message, atMs });
    this.#time(this.#clock, peer, line);
    return true;
  }

  #time(clock: Clock, peer: NodeId, line: Line): void {
    const first = line.waiting[0];
    if (first === undefined || line.isTimed) return;
    line.isTimed = true;
    clock.after(Math.max(0, first.atMs - clock.monotonic()), () => {
      line.isTimed = false;
      const nowMs = clock.monotonic();
      const count = line.waiting.findIndex(({ atMs }) => atMs > nowMs);
      for (const { message } of line.waiting.splice(0, count < 0 ? line.waiting.length : count)) {
        this.#send?.(peer, message);
      }
      this.#time(clock, peer, line);
    });
  }
}

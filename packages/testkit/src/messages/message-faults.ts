import type {
  Clock,
  LinkView,
  Message,
  NetworkView,
  NodeId,
  NodeRef,
  Random,
  Transport,
  TransportEvents,
} from "@espalier/runtime";
import type { Applied, Tally } from "../fault/controls.ts";
import { includes, manners } from "./kinds.ts";
import type { MessageChoice, MessageRule } from "./rule.ts";

/** A rule that stands. */
interface Standing {
  readonly to: string;
  readonly rule: MessageRule;
  readonly random: Pick<Random, "unit">;
  readonly tally: Tally;
  /** How many messages of its kinds there were. */
  seen: number;
  /** Whether the line is bad at present. */
  isBad: boolean;
}

export interface MessageFaultsOptions {
  /** What people call a node; null when it is none that faults know of. */
  readonly nameOf: (node: NodeId) => string | null;
  /** Is told of each message that was struck. */
  readonly tell?: (line: string) => void;
}

/** What becomes of messages that one node sends, in all its lives: rules, and what stands between the node and its sessions. It knows no world. */
export class MessageFaults {
  readonly #options: MessageFaultsOptions;
  readonly #standing = new Set<Standing>();

  constructor(options: MessageFaultsOptions) {
    this.#options = options;
  }

  /** From now on `rule` holds for what goes to the node `to`. Effective: for each message that it struck. */
  apply(to: string, rule: MessageRule, random: Pick<Random, "unit">): Applied {
    const standing: Standing = { to, rule, random, tally: { effective: 0 }, seen: 0, isBad: false };
    this.#standing.add(standing);
    return { tally: standing.tally, end: () => void this.#standing.delete(standing) };
  }

  /** What the node has to use instead of its sessions. */
  intercept(sessions: Transport, clock: Pick<Clock, "after">): Transport {
    return new FaultyTransport(sessions, clock, this);
  }

  /** What is to happen to a message: null when nothing. @internal For {@link FaultyTransport}. */
  strike(peer: NodeId, message: Message): MessageRule["action"] | null {
    if (this.#standing.size === 0) return null;
    const name = this.#options.nameOf(peer);
    let action: MessageRule["action"] | null = null;
    for (const standing of this.#standing) {
      const { to, rule, tally } = standing;
      if (to !== name || !rule.kinds.some((pattern) => includes(pattern, message.type))) continue;
      // Each rule counts and draws for itself, whatever the others do.
      if (!isChosen(standing, rule.choice) || action !== null) continue;
      tally.effective += 1;
      action = rule.action;
      this.#options.tell?.(`${message.type} to ${name}: ${action.type}`);
    }
    return action;
  }
}

function isChosen(standing: Standing, choice: MessageChoice): boolean {
  standing.seen += 1;
  if ("nth" in choice) return standing.seen >= choice.nth && standing.seen < choice.nth + choice.count;
  const { random } = standing;
  const { rate, burst } = choice;
  // Both numbers are drawn for each message, so that the one does not shift the other.
  const [turn, loss] = [random.unit(), random.unit()];
  if (burst !== undefined) {
    standing.isBad = standing.isBad ? turn >= burst.end : turn < burst.begin;
    if (!standing.isBad) return false;
  }
  return loss < rate;
}

/** One link, from `up` to `down`. */
interface Session {
  /** Something that may not get lost was: nothing goes out any more, and the link is about to break. */
  isBroken: boolean;
}

/**
 * Sessions whose messages go astray. A link is in order and without gaps until it breaks: where what is lost is not said again, the link
 * breaks with it, and nothing behind it gets through. A message that is held is delivered only while the link lives.
 */
class FaultyTransport implements Transport {
  readonly #sessions: Transport;
  readonly #clock: Pick<Clock, "after">;
  readonly #faults: MessageFaults;
  readonly #up = new Map<NodeId, Session>();

  constructor(sessions: Transport, clock: Pick<Clock, "after">, faults: MessageFaults) {
    this.#sessions = sessions;
    this.#clock = clock;
    this.#faults = faults;
  }

  start(events: TransportEvents): Promise<void> {
    return this.#sessions.start({
      up: (peer, incarnation) => {
        this.#up.set(peer.id, { isBroken: false });
        events.up(peer, incarnation);
      },
      message: (peer, message) => events.message(peer, message),
      busy: (peer) => events.busy?.(peer),
      drained: (peer) => events.drained?.(peer),
      down: (peer, reason, why) => {
        this.#up.delete(peer);
        events.down(peer, reason, why);
      },
      failed: (peer, reason) => events.failed(peer, reason),
      refused: (key, remote, reason) => events.refused?.(key, remote, reason),
      listener: () => events.listener?.() ?? null,
    });
  }

  get url(): string | null {
    return this.#sessions.url;
  }

  connect(peer: NodeRef): void {
    this.#sessions.connect(peer);
  }

  keep(peer: NodeRef): void {
    this.#sessions.keep(peer);
  }

  release(peer: NodeId): void {
    this.#sessions.release(peer);
  }

  links(): readonly LinkView[] {
    return this.#sessions.links();
  }

  network(): NetworkView {
    return this.#sessions.network();
  }

  send(peer: NodeId, message: Message): boolean {
    const session = this.#up.get(peer);
    if (session === undefined) return this.#sessions.send(peer, message);
    // As far as this node can know, it was sent.
    if (session.isBroken) return true;
    const action = this.#faults.strike(peer, message);
    switch (action?.type) {
      case undefined:
        return this.#sessions.send(peer, message);
      case "drop":
        if (!manners[message.type].insisted) this.#break(peer, session, message);
        return true;
      case "duplicate":
        this.#sessions.send(peer, message);
        return this.#sessions.send(peer, message);
      case "hold":
        this.#clock.after(action.holdMs, () => {
          if (this.#up.get(peer) === session && !session.isBroken) this.#sessions.send(peer, message);
        });
        return true;
    }
  }

  disconnect(peer: NodeId, reason: string): void {
    this.#sessions.disconnect(peer, reason);
  }

  stop(): Promise<void> {
    return this.#sessions.stop();
  }

  #break(peer: NodeId, session: Session, message: Message): void {
    session.isBroken = true;
    // In a turn of its own: nothing that a link does happens within `send`.
    this.#clock.after(0, () => {
      if (this.#up.get(peer) === session) this.#sessions.disconnect(peer, `a ${message.type} was lost`);
    });
  }
}

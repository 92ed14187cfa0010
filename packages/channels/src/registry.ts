import type { Cause } from "@espalier/heartbeat";
import { channelId, ChannelRef } from "./channel-ref.ts";
import type { OfferOutcome } from "./delivery.ts";
import { DeliveryWindow, type Answer } from "./delivery-window.ts";
import { ChannelLimitError } from "./errors.ts";
import type { Lifetime, Listener, ListenerId, ListenerKind, Waiter } from "./listener.ts";
import { Mailbox, type MailboxRegistry, type MailboxView, type Taken, type WaitingSend } from "./mailbox.ts";
import type { BufferLimits, Sending } from "./overflow.ts";
import type { Place } from "./waiting-line.ts";

export interface ChannelRegistryOptions {
  /** The id of the node whose channels these are. */
  readonly home: string;
  /** Which life of that node this is. */
  readonly incarnation: string;
  /** Channels that have a record: open buffered ones, and rendezvous ones that somebody listens to. */
  readonly channelsMax?: number;
  readonly listenersMax?: number;
  /** How many messages a sender may have unanswered. */
  readonly unansweredMax?: number;
}

/** A message from another node: who numbered it, and its number, from 1. */
export interface MessageId {
  /** The sending node in its present life: its id together with its incarnation. */
  readonly sender: string;
  readonly sequence: number;
}

/**
 * The channels of one node, by GUID. A rendezvous channel has a record only while somebody listens; a buffered one from its creation
 * until it is closed and empty. So nothing here outlives its use, and everything is counted.
 *
 * `Owner` is what the runtime knows a process by.
 */
export class ChannelRegistry<Owner> implements MailboxRegistry {
  /** The id of the node whose channels these are. */
  readonly home: string;
  readonly #incarnation: string;
  readonly #channelsMax: number;
  readonly #listenersMax: number;
  readonly #unansweredMax: number;
  readonly #mailboxes: Map<string, Mailbox<any>> = new Map();
  /** The buffered ones of them by their owner. */
  readonly #owned: Map<Owner, Set<Mailbox<any>>> = new Map();
  readonly #senders: Map<string, Sender> = new Map();
  #listenersCreated = 0;
  #listeners = 0;
  #dropped = 0;

  constructor(options: ChannelRegistryOptions) {
    this.home = options.home;
    this.#incarnation = options.incarnation;
    this.#channelsMax = options.channelsMax ?? 1_000_000;
    this.#listenersMax = options.listenersMax ?? 1_000_000;
    this.#unansweredMax = options.unansweredMax ?? 1024;
  }

  /**
   * A new channel that lives here. A buffered one closes when its owner ends: see {@link ChannelRegistry.ownerEnded}.
   *
   * @param bytes 16 random bytes.
   * @param limits null for a rendezvous channel.
   * @throws ChannelLimitError
   */
  create<T>(bytes: Uint8Array, limits: BufferLimits | null, owner: Owner): ChannelRef<T> {
    const id = channelId(bytes);
    if (limits === null) return new ChannelRef<T>(id, this.home, "rendezvous");
    const mailbox = this.#hold(id, limits, owner);
    const siblings = this.#owned.get(owner);
    if (siblings === undefined) this.#owned.set(owner, new Set([mailbox]));
    else siblings.add(mailbox);
    return new ChannelRef<T>(id, this.home, "buffered");
  }

  /** One value comes, from a process or over a link that never repeats: see {@link Mailbox.offer}. */
  offer<T>(channel: ChannelRef<T>, value: T, sending: "deliver" | "sendUnconfirmed"): OfferOutcome;
  offer<T>(channel: ChannelRef<T>, value: T, sending: Sending, waiting: WaitingSend<T>): OfferOutcome | Place;
  offer<T>(channel: ChannelRef<T>, value: T, sending: Sending, waiting?: WaitingSend<T>): OfferOutcome | Place {
    const mailbox = this.#mailboxes.get(channel.id);
    if (mailbox !== undefined) return mailbox.offer(value, sending, waiting);
    if (channel.mode === "buffered") {
      if (sending === "sendUnconfirmed") this.#dropped += 1;
      return "closed";
    }
    if (sending !== "deliver") this.#dropped += 1;
    return "no-listener";
  }

  /**
   * One value comes in a message that may be a repetition: it is handed over once, and answered the same each time (P26, P27).
   *
   * @param settled called once, later, when the answer is `"waiting"`.
   * @returns `"forgotten"` when it cannot be known any more what came of the message: see {@link DeliveryWindow}.
   * @throws RangeError when the sequence is not a whole number of at least 1.
   */
  offerOnce<T>(
    message: MessageId,
    channel: ChannelRef<T>,
    value: T,
    sending: Sending,
    settled: (outcome: OfferOutcome) => void,
  ): Answer | "forgotten" {
    const { sender: name, sequence } = message;
    if (!Number.isSafeInteger(sequence) || sequence < 1) {
      throw new RangeError(`sequence: expected a whole number of at least 1, got ${String(sequence)}`);
    }
    const sender = this.#sender(name);
    const known = sender.window.lookup(sequence);
    if (known !== "new") return known;
    const waiting = new RepeatableSend<T>(sender, sequence, settled);
    const outcome = this.offer(channel, value, sending, waiting);
    if (typeof outcome === "object") waiting.place = outcome;
    const answer = typeof outcome === "object" ? "waiting" : outcome;
    sender.window.record(sequence, answer);
    return answer;
  }

  /**
   * Registers a listener: when this returns it gets every later value (P26). On a closed channel nothing is registered, and the id that
   * comes back is empty and names no listener.
   *
   * @throws ChannelLimitError
   */
  listen<T>(channel: ChannelRef<T>, kind: ListenerKind, lifetime: Lifetime): ListenerId {
    if (this.#listeners >= this.#listenersMax) throw new ChannelLimitError("listenersMax", this.#listenersMax);
    let mailbox = this.#mailboxes.get(channel.id);
    if (mailbox === undefined) {
      if (channel.mode === "buffered") return "";
      mailbox = this.#hold(channel.id, null, null);
    }
    this.#listeners += 1;
    this.#listenersCreated += 1;
    return mailbox.listen(`${this.#incarnation}/${this.#listenersCreated}`, kind, lifetime).id;
  }

  /**
   * The listener, unless it is over: then whoever wants its next value fails with the cause of the listener's heartbeat, and if that
   * lives, with {@link over}.
   */
  listener<T>(channel: ChannelRef<T>, id: ListenerId): Listener<T> | undefined {
    return this.#mailboxes.get(channel.id)?.listener(id);
  }

  /** See {@link Mailbox.receiveNow}. */
  receiveNow<T>(channel: ChannelRef<T>): Taken<T> | undefined {
    return this.#mailboxes.get(channel.id)?.receiveNow();
  }

  /** See {@link Mailbox.peekNow}. */
  peekNow<T>(channel: ChannelRef<T>): Taken<T> | undefined {
    return this.#mailboxes.get(channel.id)?.peekNow();
  }

  /** See {@link Mailbox.peek}; null where no value will ever wait, because the channel is closed and empty or a rendezvous. */
  peek<T>(channel: ChannelRef<T>, waiter: Waiter<T>): Place | null {
    const mailbox = this.#mailboxes.get(channel.id);
    if (mailbox === undefined || mailbox.limits === null || mailbox.closed !== null) return null;
    return mailbox.peek(waiter);
  }

  /** Closes a buffered channel: what it accepted may still be taken. Nothing happens when it is closed, or is no buffered channel. */
  close(channel: ChannelRef<any>, cause: Cause): void {
    const mailbox = this.#mailboxes.get(channel.id);
    if (mailbox !== undefined && mailbox.limits !== null) mailbox.close(cause, "drain");
  }

  /** Closes what `owner` created, with all that waits there. */
  ownerEnded(owner: Owner, cause: Cause): void {
    for (const mailbox of this.#owned.get(owner) ?? []) mailbox.close(cause, "discard");
  }

  /** A sending node is gone for good: its sends that wait for room are withdrawn, and the window of its messages is forgotten. */
  senderGone(sender: string): void {
    for (const send of this.#senders.get(sender)?.waiting ?? []) send.place?.leave();
    this.#senders.delete(sender);
  }

  /** How many values a buffered channel holds at most; null when it lives no more, or is none. */
  capacityOf(channel: ChannelRef<any>): number | null {
    return this.#mailboxes.get(channel.id)?.limits?.capacity ?? null;
  }

  /** How everything stands, for introspection. */
  inspect(): ChannelRegistryView<Owner> {
    return {
      channels: Array.from(this.#mailboxes.values(), (mailbox) => ({
        id: mailbox.id,
        owner: mailbox.owner as Owner | null,
        ...mailbox.inspect(),
      })),
      owners: this.#owned.size,
      listeners: this.#listeners,
      senders: Array.from(this.#senders, ([sender, { waiting }]) => ({ sender, waitingSends: waiting.size })),
      dropped: this.#dropped,
    };
  }

  /** For its mailboxes. */
  dropped(count: number): void {
    this.#dropped += count;
  }

  /** For its mailboxes. */
  listenerGone(): void {
    this.#listeners -= 1;
  }

  /** For its mailboxes. */
  emptied(mailbox: Mailbox<any>): void {
    this.#mailboxes.delete(mailbox.id);
    const siblings = this.#owned.get(mailbox.owner as Owner);
    siblings?.delete(mailbox);
    if (siblings?.size === 0) this.#owned.delete(mailbox.owner as Owner);
  }

  #hold(id: string, limits: BufferLimits | null, owner: Owner | null): Mailbox<any> {
    if (this.#mailboxes.size >= this.#channelsMax) throw new ChannelLimitError("channelsMax", this.#channelsMax);
    const mailbox = new Mailbox<any>(id, limits, owner, this);
    this.#mailboxes.set(id, mailbox);
    return mailbox;
  }

  #sender(name: string): Sender {
    let sender = this.#senders.get(name);
    if (sender === undefined) {
      sender = { window: new DeliveryWindow(this.#unansweredMax), waiting: new Set() };
      this.#senders.set(name, sender);
    }
    return sender;
  }
}

export interface ChannelRegistryView<Owner> {
  readonly channels: readonly (MailboxView & { readonly id: string; readonly owner: Owner | null })[];
  /** Processes that own a buffered channel. */
  readonly owners: number;
  readonly listeners: number;
  /** Nodes whose messages are remembered, and how many of their sends wait for room. */
  readonly senders: readonly { readonly sender: string; readonly waitingSends: number }[];
  /** Values and copies that were sent or accepted, and that nobody will see; of all channels there ever were. */
  readonly dropped: number;
}

interface Sender {
  readonly window: DeliveryWindow;
  readonly waiting: Set<RepeatableSend<any>>;
}

/** A send from another node that waits for room: when it is settled, repetitions get the final answer. */
class RepeatableSend<T> implements WaitingSend<T> {
  readonly #sender: Sender;
  readonly #sequence: number;
  readonly #settled: (outcome: OfferOutcome) => void;
  #place: Place | null = null;

  constructor(sender: Sender, sequence: number, settled: (outcome: OfferOutcome) => void) {
    this.#sender = sender;
    this.#sequence = sequence;
    this.#settled = settled;
  }

  get place(): Place | null {
    return this.#place;
  }

  set place(place: Place) {
    this.#place = place;
    this.#sender.waiting.add(this);
  }

  accepted(outcome: "delivered" | "buffered"): void {
    this.#settle(outcome);
  }

  closed(): void {
    this.#settle("closed");
  }

  #settle(outcome: OfferOutcome): void {
    this.#sender.waiting.delete(this);
    this.#sender.window.record(this.#sequence, outcome);
    this.#settled(outcome);
  }
}

import type { Message, NodeId, NodeRef, Transport } from "@espalier/runtime";
import { fingerprint } from "./fingerprint.ts";
import type { Names } from "./names.ts";
import type { RecordedLease, RecordedMessage, RecordedSession } from "./run-record.ts";

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/** A message while it is under way. */
interface Sent extends Writable<Omit<RecordedMessage, "fault" | "fate" | "againMs">> {
  readonly text: string;
  readonly againMs: number[];
  /** When its link was gone at the other end, and it with it. */
  lostMs: number | null;
  tampered: boolean;
}

/** What is known of a message when the run is over; what stood in its way is found later. */
export type LoggedMessage = Omit<RecordedMessage, "fault"> & { readonly lostMs: number | null };

/** More are not kept: the oldest are let go. */
const messagesMax = 60_000;

export interface MessageLogOptions {
  readonly names: Names;
  readonly nowMs: () => number;
  readonly serial: () => number;
}

/**
 * What nodes say to each other, seen from both ends above everything that may happen to it on the way: a message that arrives is one of those
 * that were sent and have the same content, the oldest first.
 */
export class MessageLog {
  readonly #options: MessageLogOptions;
  #messages: Sent[] = [];
  /** By direction and content, those that were sent: whatever arrives is looked up here. */
  readonly #byText = new Map<string, Sent[]>();
  readonly #sessions: Writable<RecordedSession>[] = [];
  readonly #leases = new Map<string, RecordedLease & { readonly renewals: { sentMs: number; heardMs: number }[] }>();
  /** When each numbered beat was sent, by direction and number. */
  readonly #beats = new Map<string, number>();
  #left = 0;

  constructor(options: MessageLogOptions) {
    this.#options = options;
  }

  get left(): number {
    return this.#left;
  }

  get sessions(): readonly RecordedSession[] {
    return this.#sessions;
  }

  get leases(): readonly RecordedLease[] {
    return [...this.#leases.values()];
  }

  get messages(): readonly LoggedMessage[] {
    return this.#messages.map(({ text: _text, tampered, ...message }) => ({
      ...message,
      fate: fateOf(message, tampered),
    }));
  }

  /** The sessions of `node`, with everything that goes through them noted. */
  watch(node: string, sessions: Transport): Transport {
    const { names } = this.#options;
    return {
      start: (events) =>
        sessions.start({
          up: (peer, incarnation) => {
            this.#up(node, names.node(peer.id));
            events.up(peer, incarnation);
          },
          message: (peer, message) => {
            this.#arrived(names.node(peer), node, message);
            events.message(peer, message);
          },
          down: (peer, reason, why) => {
            this.#down(node, names.node(peer), reason);
            events.down(peer, reason, why);
          },
          busy: (peer) => events.busy?.(peer),
          drained: (peer) => events.drained?.(peer),
          failed: (peer, reason) => events.failed(peer, reason),
          refused: (key, remote, reason) => events.refused?.(key, remote, reason),
          listener: () => events.listener?.() ?? null,
        }),
      get url() {
        return sessions.url;
      },
      connect: (peer: NodeRef) => sessions.connect(peer),
      keep: (peer) => sessions.keep(peer),
      release: (peer) => sessions.release(peer),
      links: () => sessions.links(),
      network: () => sessions.network(),
      send: (peer: NodeId, message: Message) => {
        const isSent = sessions.send(peer, message);
        if (isSent) this.#sent(node, names.node(peer), message);
        return isSent;
      },
      disconnect: (peer: NodeId, reason: string) => sessions.disconnect(peer, reason),
      stop: () => sessions.stop(),
    };
  }

  /** A process is gone, and its links with it: it sees no end of them. */
  died(node: string): void {
    for (const session of this.#sessions) if (session.node === node) this.#end(session, "the process died");
    for (const message of this.#messages) if (message.to === node) this.#lose(message);
  }

  #sent(from: string, to: string, message: Message): void {
    const { nowMs, serial } = this.#options;
    const { text, bytes } = fingerprint(message);
    const sent: Sent = {
      serial: serial(),
      from,
      to,
      kind: message.type,
      bytes,
      sentMs: nowMs(),
      arrivedMs: null,
      arrivedSerial: null,
      againMs: [],
      pid: this.#processOf(to, message),
      text,
      lostMs: null,
      tampered: false,
    };
    if (message.type === "lease.beat") this.#beats.set(`${from}>${to} ${message.number}`, sent.sentMs);
    this.#messages.push(sent);
    const key = `${from}>${to} ${text}`;
    const alike = this.#byText.get(key);
    if (alike === undefined) this.#byText.set(key, [sent]);
    else alike.push(sent);
    if (this.#messages.length > messagesMax) this.#forget();
  }

  #arrived(from: string, to: string, message: Message): void {
    const { nowMs, serial } = this.#options;
    if (message.type === "lease.acknowledged") this.#renewed(to, from, message.number);
    const alike = this.#byText.get(`${from}>${to} ${fingerprint(message).text}`) ?? [];
    const first = alike.find(({ arrivedMs }) => arrivedMs === null);
    if (first !== undefined) {
      first.arrivedMs = nowMs();
      first.arrivedSerial = serial();
      first.lostMs = null;
      return;
    }
    const again = alike.at(-1);
    if (again !== undefined) {
      again.againMs.push(nowMs());
      return;
    }
    // Nobody said that: it is what became of the oldest of its kind.
    const changed = this.#messages.find(
      (sent) => sent.from === from && sent.to === to && sent.kind === message.type && sent.arrivedMs === null,
    );
    if (changed === undefined) return;
    changed.arrivedMs = nowMs();
    changed.arrivedSerial = serial();
    changed.tampered = true;
  }

  #renewed(host: string, home: string, number: number): void {
    const sentMs = this.#beats.get(`${host}>${home} ${number}`);
    if (sentMs === undefined) return;
    const key = `${host}>${home}`;
    const lease = this.#leases.get(key) ?? { host, home, renewals: [] };
    lease.renewals.push({ sentMs, heardMs: this.#options.nowMs() });
    this.#leases.set(key, lease);
  }

  #up(node: string, peer: string): void {
    this.#sessions.push({ node, peer, fromMs: this.#options.nowMs(), toMs: null, reason: null });
  }

  #down(node: string, peer: string, reason: string): void {
    for (const session of this.#sessions) {
      if (session.node === node && session.peer === peer) this.#end(session, reason);
    }
    // A link is not resumed: what has not come by now never does, unless it was sent through the next one.
    for (const message of this.#messages) if (message.to === node && message.from === peer) this.#lose(message);
  }

  #end(session: Writable<RecordedSession>, reason: string): void {
    if (session.toMs !== null) return;
    session.toMs = this.#options.nowMs();
    session.reason = reason;
  }

  #lose(message: Sent): void {
    if (message.arrivedMs === null) message.lostMs ??= this.#options.nowMs();
  }

  #forget(): void {
    const half = messagesMax / 2;
    for (const { from, to, text } of this.#messages.slice(0, half)) {
      const key = `${from}>${to} ${text}`;
      const alike = this.#byText.get(key);
      alike?.shift();
      if (alike?.length === 0) this.#byText.delete(key);
    }
    this.#messages = this.#messages.slice(half);
    this.#left += half;
  }

  /** The process that a message is about: whom a transfer moves, whom a signal goes to. */
  #processOf(to: string, message: Message): string | null {
    const { names } = this.#options;
    if ("process" in message && typeof message.process === "string") {
      const [id = "", incarnation = "", serial = ""] = message.process.split("/");
      return names.process(id, incarnation, serial);
    }
    if (!("to" in message)) return null;
    const [incarnation, serial] = message.to;
    // Serial 0 is the node itself.
    if (typeof incarnation !== "string" || typeof serial !== "number" || serial === 0) return null;
    return names.process(to, incarnation, serial);
  }
}

function fateOf(
  { arrivedMs, lostMs, againMs }: Pick<Sent, "arrivedMs" | "lostMs" | "againMs">,
  tampered: boolean,
): RecordedMessage["fate"] {
  if (tampered) return "tampered";
  if (againMs.length > 0) return "duplicated";
  if (arrivedMs !== null) return "delivered";
  return lostMs === null ? "under way" : "lost";
}

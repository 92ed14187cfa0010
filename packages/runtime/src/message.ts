import type { HomeMessage, Place, TransferMessage } from "@espalier/heartbeat";
import type { Hash, PackedDefinition } from "./code.ts";
import type { NodeId } from "./cluster/node-ref.ts";

/**
 * What nodes say to each other: plain data, checked field by field when it comes in (`message-parser.ts`).
 *
 * Users' own values are opaque bytes inside ({@link Payload}), decoded only where they are delivered: a value that makes no sense harms
 * nobody but its receiver. Who sent a message is known from the session, never from a field.
 */
export type Message =
  | SignalMessage
  | CodeNeedMessage
  | CodeSupplyMessage
  | CodeHaveMessage
  | HeartbeatMessage
  | PulseMessage
  | TransferWireMessage
  | HomeWireMessage;

/**
 * A value of a user, encoded by the codec, and the definitions that the receiver must have before it can decode it.
 *
 * On the way, `hashes` are those that the receiver has not said it has. `@` and a node after one: it is the code of that node, not the sender's.
 * `*` before one: what it needs is not listed.
 */
export interface Payload {
  readonly bytes: Uint8Array;
  readonly hashes: readonly Hash[];
}

/** A process of one of the two nodes: which life of the node, and its serial there. Serial 0 is the node itself. */
export type ProcessAddress =
  | readonly [incarnation: string, serial: number]
  /** One whose home is, or was, elsewhere than where it was born: `node` is the latter. */
  | readonly [incarnation: string, serial: number, node: NodeId];

/** A signal from a process of the sending node to one of the receiving node. Signals of a link arrive in order. */
export type SignalMessage = {
  readonly [Kind in keyof SignalFields]: SignalRoute & { readonly type: Kind } & SignalFields[Kind];
}[keyof SignalFields];

export interface SignalRoute {
  readonly to: ProcessAddress;
  readonly from: ProcessAddress;
}

interface SignalFields {
  "signal.message": { readonly payload: Payload };
  /** To an alias of the receiver. */
  "signal.alias": { readonly ref: number; readonly priority: boolean; readonly payload: Payload };
  /** `cause` is encoded: it carries the user's own data. */
  "signal.exit": { readonly cause: Payload; readonly link: boolean };
  "signal.link": object;
  /** Numbered and acknowledged, so that a link made meanwhile survives. */
  "signal.unlink": { readonly id: number };
  "signal.unlinked": { readonly id: number };
  "signal.monitor": { readonly ref: number };
  "signal.demonitor": { readonly ref: number };
  "signal.down": { readonly ref: number; readonly cause: Payload };
  "signal.reply": { readonly ref: number; readonly payload: Payload };
  /** `payload`: where to; nothing takes it back. */
  "signal.migrate": { readonly ref: number; readonly payload: Payload };
}

/** I lack these definitions; send them all, and with those marked `*` all that they need. */
export interface CodeNeedMessage {
  readonly type: "code.need";
  readonly hashes: readonly Hash[];
}

/** The answer, all at once: `missing` are those that are not here either. */
export interface CodeSupplyMessage {
  readonly type: "code.supply";
  readonly definitions: readonly PackedDefinition[];
  readonly missing: readonly Hash[];
}

/** I have these definitions, which you named: you need not name them any more while this link lasts. Nothing but bytes depends on it. */
export interface CodeHaveMessage {
  readonly type: "code.have";
  /** As they were named. */
  readonly hashes: readonly string[];
}

/**
 * About heartbeats that one node decides about and the other wants to hear of. Said again until it is answered.
 */
export type HeartbeatMessage =
  /** Register me for this heartbeat of yours; `id` is mine to choose. */
  | { readonly type: "heartbeat.watch"; readonly id: number; readonly heartbeat: Payload }
  /** You stand registered, and the heartbeat lives. */
  | { readonly type: "heartbeat.watched"; readonly id: number; readonly status: Payload }
  | { readonly type: "heartbeat.unwatch"; readonly id: number }
  | { readonly type: "heartbeat.unwatched"; readonly id: number }
  /** What you registered for as `id` has ended. */
  | { readonly type: "heartbeat.tell"; readonly id: number; readonly status: Payload }
  | { readonly type: "heartbeat.heard"; readonly id: number }
  /** What was linked to this heartbeat of yours has failed; `id` numbers what I have to say of that kind. */
  | { readonly type: "heartbeat.fail"; readonly id: number; readonly heartbeat: Payload; readonly cause: Payload }
  | { readonly type: "heartbeat.failed"; readonly id: number };

export type PulseMessage =
  /** Are you there? */
  | { readonly type: "pulse.ask" }
  /** I am, and so many registrations of yours stand here. */
  | { readonly type: "pulse.answer"; readonly registered: number };

/**
 * Whether a message may overtake others of its link. What is timed must: a lease would end because something large is on its way.
 *
 * - `pulse.*`: an answer counts the registrations that stand when it is given. They become fewer only by what the asker said, and knows of.
 * - `lease.*`: beats, terms, floors and receipts are numbered, and none of them is taken for later than it is: the transfer protocol holds with
 *   any of its messages lost, repeated or overtaken. A beat that says that a term is over keeps its place behind what was done in that term, or
 *   that would be lost without need.
 *
 * All others keep their order: signals, what is said about heartbeats, and homes, which count on it.
 */
export function mayOvertake(message: Message): boolean {
  switch (message.type) {
    case "pulse.ask":
    case "pulse.answer":
    case "lease.acknowledged":
      return true;
    case "lease.beat":
      return !message.lapsed;
    default:
      return false;
  }
}

/** The messages of the transfer protocol, with what they carry encoded. */
export type TransferWireMessage = {
  readonly [Type in TransferMessage["type"]]: Omit<
    Extract<TransferMessage, { type: Type }>,
    "cargo" | "effects" | "definitions" | "reason" | "signal" | "effect"
  > &
    (Type extends keyof Carried ? Carried[Type] : object);
}[TransferMessage["type"]];

interface Carried {
  "transfer.offer": {
    readonly cargo: Uint8Array;
    readonly effects: readonly Payload[];
    /** Where the home listens, if the source knows. */
    readonly address: string | null;
  };
  "transfer.code": { readonly definitions: readonly PackedDefinition[] };
  "transfer.refused": { readonly reason: RefusalReason };
  "transfer.in": { readonly signal: Payload };
  "transfer.out": { readonly effect: Payload };
}

/** The messages about homes that are handed over, with what they carry encoded, and where the places that they name listen. */
export type HomeWireMessage = {
  readonly [Type in HomeMessage["type"]]: Omit<Extract<HomeMessage, { type: Type }>, "cargo" | "reason"> &
    (Type extends keyof CarriedHome ? CarriedHome[Type] : object);
}[HomeMessage["type"]];

interface CarriedHome {
  "home.offer": { readonly cargo: Uint8Array; readonly addresses: readonly (string | null)[] };
  "home.refused": { readonly reason: RefusalReason | null };
  "home.leaving": { readonly address: string | null };
  "home.moved": { readonly address: string | null };
}

/** Why a process was not taken, for the error at its source. */
export interface RefusalReason {
  readonly name: string;
  readonly message: string;
  readonly code: string | null;
}

/** The place in the key of a process: its home. */
export function homeOf(process: string): Place {
  return process.slice(0, process.lastIndexOf("/"));
}

/** The node of a place. */
export function nodeOf(where: Place): NodeId {
  return where.slice(0, where.indexOf("/"));
}

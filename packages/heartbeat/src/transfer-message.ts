import type { RidingGrant } from "./transfer-grant.ts";

/**
 * A node in one of its lives: its id and its incarnation as one text. A restarted node is another place (H18), and nothing that was granted
 * to the earlier one is ever taken up by the later one.
 */
export type Place = string;

/** A process's id as text. */
export type ProcessKey = string;

/**
 * What nodes say to each other about moving processes. Who sent a message is known from its session, never from a field.
 *
 * `cargo`, `signal`, `effect`, `definitions` and `reason` are opaque here: the runtime encodes them.
 *
 * Every message may be lost, repeated, or overtaken by any other: epochs, terms and numbers put it in its place.
 */
export type TransferMessage =
  | OfferMessage
  | NeedMessage
  | CodeMessage
  | AcceptedMessage
  | RefusedMessage
  | ClaimMessage
  | GrantMessage
  | DeniedMessage
  | BarMessage
  | BarredMessage
  | HandedMessage
  | ReleasedMessage
  | InMessage
  | OutMessage
  | BeatMessage
  | BeatAcknowledgedMessage;

interface About {
  readonly process: ProcessKey;
  readonly epoch: number;
}

/** Source → target: the process itself, to go on in `epoch`. */
export interface OfferMessage extends About {
  readonly type: "transfer.offer";
  readonly home: Place;
  readonly cargo: unknown;
  /** The definitions that the target needs before it can read the cargo. */
  readonly hashes: readonly string[];
  /** The number of the last signal that is in the cargo. */
  readonly received: number;
  /** The number of the last effect before `effects`. */
  readonly performed: number;
  /** Effects that the home has not acknowledged yet. They travel, so that nothing depends on the source any more. */
  readonly effects: readonly unknown[];
  /** What the home gave the source along with its epoch: the target shows it to claim the next one. Null when the grant rides along. */
  readonly baton: string | null;
  readonly grant: RidingGrant | null;
}

/** Target → source: send these definitions. */
export interface NeedMessage extends About {
  readonly type: "transfer.need";
  readonly hashes: readonly string[];
}

/** Source → target: the whole set that was asked for, in one message. */
export interface CodeMessage extends About {
  readonly type: "transfer.code";
  readonly definitions: readonly unknown[];
}

/** Target → source: it is mine now. */
export interface AcceptedMessage extends About {
  readonly type: "transfer.accepted";
}

/** Target → source: I will not have it, and why. */
export interface RefusedMessage extends About {
  readonly type: "transfer.refused";
  readonly reason: unknown;
}

/** Target → home: grant me this epoch. */
export interface ClaimMessage extends About {
  readonly type: "transfer.claim";
  /** Counts what arrives at the target: one arrival is granted an epoch, a late copy of the same offer is another arrival. */
  readonly arrival: number;
  readonly baton: string;
  /** The term of the lease as the target knows it; null when this home never spoke to it. */
  readonly term: number | null;
  /** The number of the last signal that came with the process. */
  readonly received: number;
}

/** Home → target: you alone may act for it, in this epoch, while you hold the lease of this term. */
export interface GrantMessage extends About {
  readonly type: "transfer.grant";
  /** The arrival that asked. */
  readonly arrival: number;
  readonly term: number;
  readonly baton: string;
  /** The number of the last effect performed. */
  readonly performed: number;
}

/** Home → anybody: whoever holds this epoch or an earlier one of the process may not act for it. */
export interface DeniedMessage extends About {
  readonly type: "transfer.denied";
}

/** Source → home: never grant this epoch; I go on in the one after it. */
export interface BarMessage extends About {
  readonly type: "transfer.bar";
}

/** Home → source: I never will. */
export interface BarredMessage extends About {
  readonly type: "transfer.barred";
  readonly baton: string;
  readonly performed: number;
}

/** Former host → home: it went to this place, in this epoch. */
export interface HandedMessage extends About {
  readonly type: "transfer.handed";
  readonly to: Place;
}

/** Home → former host: I know about this epoch, forget where it went. */
export interface ReleasedMessage extends About {
  readonly type: "transfer.released";
}

/** Home → host: the signal with this number. */
export interface InMessage extends About {
  readonly type: "transfer.in";
  readonly number: number;
  readonly signal: unknown;
}

/** Host → home: the effect with this number, to be performed in the process's name. */
export interface OutMessage extends About {
  readonly type: "transfer.out";
  readonly number: number;
  readonly effect: unknown;
}

/** How far one process's numbered items have arrived. */
export type Receipt = readonly [process: ProcessKey, epoch: number, number: number];

/** Host → home, at a fixed interval for all processes together: I am here. */
export interface BeatMessage {
  readonly type: "lease.beat";
  readonly number: number;
  readonly term: number | null;
  /** The lease of `term` ended, and what was granted in it is gone. */
  readonly lapsed: boolean;
  /** Signals that have arrived. */
  readonly receipts: readonly Receipt[];
}

/** Home → host: I heard you, the lease counts from when you sent that beat. */
export interface BeatAcknowledgedMessage {
  readonly type: "lease.acknowledged";
  readonly number: number;
  readonly term: number;
  /** Riding grants of this term below this serial are settled. */
  readonly floor: number;
  /** Effects that have been performed. */
  readonly receipts: readonly Receipt[];
}

import type { HandshakeFailure, Host, Limits, Message, NodeDownReason, NodeId } from "@espalier/runtime";
import type { Keyring } from "../identity/keyring.ts";
import type { Hello } from "./hello.ts";
import type { Session } from "./session.ts";

/** Whom a session is to reach, on the side that dials. */
export interface Target {
  readonly id: NodeId;
  /** The key that the node shares with those whom it lets in, if this one has it. */
  readonly sharedKey: Uint8Array | null;
  /** Whether to begin as with a stranger, whatever else is known of the node: because that was of no use. */
  readonly asStranger: boolean;
}

export interface SessionOptions {
  readonly host: Host;
  readonly limits: Limits;
  readonly keys: Keyring;
  readonly hello: Hello;
  /** For the side that dials; absent on the side that accepts. */
  readonly target?: Target;
  /** For the side that accepts: how much of the time for the handshake is over, as somebody else had the pipe before. Default: nothing. */
  readonly waitedMs?: number;
  readonly owner: SessionOwner;
}

/** Who is told what becomes of a session. Nothing is called from within `new Session` or `send`. */
export interface SessionOwner {
  /**
   * On the accepting side, as soon as the peer has proven its key in this very session, before anything it says is decoded.
   *
   * @returns whether it enters. One that is held is let in later, by {@link Session.letIn}, or ended.
   */
  admit(session: Session, peer: NodeId): Admission;
  /** Both sides know each other: `session.peer` and `session.peerHello` are there. */
  up(session: Session): void;
  message(session: Session, message: Message): void;
  /** So much waits for the peer that whoever sends should wait, or not any more: see `limits.busyBytes`. */
  busy(session: Session, isBusy: boolean): void;
  /** It is over, or will never be: called once, and nothing after it but `released`. */
  ended(session: Session, end: SessionEnd): void;
  /** The pipe is gone too: called once, last. */
  released(session: Session): void;
}

/** Whether a peer enters: now, or perhaps once it is known what becomes of this node's own attempt to reach it. */
export type Admission = { readonly type: "enters" | "held" } | { readonly type: "refused"; readonly reason: string };

export interface SessionEnd {
  readonly reason: string;
  readonly wasUp: boolean;
  /** Why there was no session, of one that was not up. */
  readonly failure: HandshakeFailure;
  /** The pipe went away without a word from us. */
  readonly gone: boolean;
  /** What was known of the peer beforehand was of no use: the side that dialled goes on over a new pipe, as with a stranger. */
  readonly fallsBack: boolean;
  /** Why a session that was up is over. */
  readonly why: NodeDownReason;
}

/**
 * What a session was let in by: a key that the peer has proven by a signature, the key that this node shares, or a key that the peer was introduced
 * with.
 */
export type AdmittedBy = "key" | "shared key" | "introduction";

import type { Place, ProcessKey } from "./transfer-message.ts";

/**
 * What nodes say to each other when the home of a process is handed over. Who sent a message is known from its session, never from a field.
 *
 * Unlike the messages of transfers these count on the link: what is sent on one arrives in order, and together with the signals of the two
 * nodes, until the link is lost. Whatever a lost link took along is said again on the next one, or was void without it.
 */
export type HomeMessage =
  | LeavingMessage
  | HeldMessage
  | StaysMessage
  | HomeOfferMessage
  | HomeAcceptedMessage
  | HomeRefusedMessage
  | HomeGrantedMessage
  | AdoptedMessage
  | MovedMessage
  | FollowedMessage
  | HereMessage
  | KnowMessage
  | AskMessage
  | FlushMessage
  | FlushedMessage
  | BrokenMessage
  | EndedMessage;

interface About {
  readonly process: ProcessKey;
  /** The home epoch: 0 at the node of birth, one more with every handover. */
  readonly epoch: number;
}

/** Home → everybody with a link: the process is about to have its home at `to`. Hold what you have for it, and say that you do. */
export interface LeavingMessage extends About {
  readonly type: "home.leaving";
  readonly to: Place;
  /** Whether it has gone already: what you sent meanwhile was forwarded, and has yet to arrive before you may go on. */
  readonly gone: boolean;
}

/** The answer: nothing for the process comes after this, and all that was said in its name before has been read. */
export interface HeldMessage extends About {
  readonly type: "home.held";
}

/** Home → whoever was told otherwise: it stays here. */
export interface StaysMessage extends About {
  readonly type: "home.stays";
}

/** Home → target: the process, with all that its home knows of it. Nothing may begin yet. */
export interface HomeOfferMessage extends About {
  readonly type: "home.offer";
  readonly cargo: unknown;
  readonly hashes: readonly string[];
  /** Who holds signals for it. */
  readonly told: readonly Place[];
}

/** Target → home: I could be its home, if you say so soon. */
export interface HomeAcceptedMessage extends About {
  readonly type: "home.accepted";
}

/** Target → home: I will not be its home, and why. */
export interface HomeRefusedMessage extends About {
  readonly type: "home.refused";
  readonly reason: unknown;
}

/** Home → target: I have given it up; you are its home, or nobody is. */
export interface HomeGrantedMessage extends About {
  readonly type: "home.granted";
}

/** Target → former home: I am. */
export interface AdoptedMessage extends About {
  readonly type: "home.adopted";
}

/** Former home → whoever holds: its home is `to` now. */
export interface MovedMessage extends About {
  readonly type: "home.moved";
  readonly to: Place;
}

/** The answer: I do not need you for it any more. */
export interface FollowedMessage extends About {
  readonly type: "home.followed";
}

/** New home → anybody: it is here, and I have something to say in its name. Answered with `home.know`. */
export interface HereMessage extends About {
  readonly type: "home.here";
  /** Whether the former home counted you among those who hold: then no link or monitor with it was lost. */
  readonly told: boolean;
}

/** Anybody → new home: I know that it is there. The first that is said about it on a link. */
export interface KnowMessage extends About {
  readonly type: "home.know";
  /** Whether my links and monitors with it stand. If not, none does: the connection to it was lost meanwhile. */
  readonly unbroken: boolean;
}

/** Anybody → who was its home: is it still there? */
export interface AskMessage extends About {
  readonly type: "home.ask";
}

/** Former home → home: all that `peer` sent through me for it came before this. */
export interface FlushMessage extends About {
  readonly type: "home.flush";
  readonly peer: Place;
}

/** The answer. */
export interface FlushedMessage extends About {
  readonly type: "home.flushed";
  readonly peer: Place;
}

/**
 * Former home → home: the link to `peer` was lost before it knew you, and its links and monitors with the process have fired. Home → `peer`:
 * yours have fired here, and should there; answer with `home.know` again.
 */
export interface BrokenMessage extends About {
  readonly type: "home.broken";
  readonly peer: Place;
}

/** Former home → whoever asks or must know: it is not here, and never will be in this epoch. */
export interface EndedMessage extends About {
  readonly type: "home.ended";
}

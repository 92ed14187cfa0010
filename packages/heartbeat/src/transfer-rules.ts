import type { BarMessage, ClaimMessage, HandedMessage, OutMessage, Place } from "./transfer-message.ts";
import type {
  TransferHomeEvent,
  TransferHomeState,
  TransferSourceEvent,
  TransferSourceState,
  TransferTargetEvent,
  TransferTargetState,
} from "./transfer.machine.ts";
import { transferHomeTable, transferSourceTable, transferTargetTable } from "./transfer.machine.ts";

/** What the home knows of one process of its own that is, or was, elsewhere. */
export interface HomeControl {
  readonly at: TransferHomeState;
  /** The epoch granted last. */
  readonly epoch: number;
  /** To whom it was granted. */
  readonly host: Place;
  /** The term of that host's lease that it was granted in; 0 for the home itself. */
  readonly term: number;
  /** Who shows this may claim the epoch after. Only the host knows it, and whoever it offered the process to. Null at home. */
  readonly baton: string | null;
  /** Which of the host's arrivals it was granted to; 0 when nobody asked: at home, and when the grant rode along. */
  readonly arrival: number;
  /** The epoch that the host offered in vain before it went on in this one; null when it did not come to this one so. */
  readonly barred: number | null;
  /** Where the host said it went, while `expected`; and since when, in running time. */
  readonly to: Place | null;
  readonly sinceMs: number;
}

/** A rule's outcome: the control from now on, and what the sender is told. */
export interface HomeStep {
  readonly control: HomeControl;
  readonly reply: "grant" | "deny" | "release" | "barred" | "accept" | "none";
}

/**
 * What the home does about each message of a host, as pure functions of what it knows. Proof is who sent the message, for which epoch, and
 * the baton; anything that was true once and is repeated is answered again, so a lost answer costs nothing.
 */
export const homeRules: {
  readonly begin: (self: Place) => HomeControl;
  readonly promise: (control: HomeControl, host: Place, term: number, baton: string) => HomeControl;
  readonly claim: (
    control: HomeControl,
    from: Place,
    message: ClaimMessage,
    self: Place,
    term: number,
    baton: string,
  ) => HomeStep;
  readonly handed: (control: HomeControl, from: Place, message: HandedMessage, runningMs: number) => HomeStep;
  readonly bar: (control: HomeControl, from: Place, message: BarMessage, self: Place, baton: string) => HomeStep;
  readonly out: (control: HomeControl, from: Place, message: OutMessage) => HomeStep;
} = {
  begin(self) {
    return { at: "here", epoch: 0, host: self, term: 0, baton: null, arrival: 0, barred: null, to: null, sinceMs: 0 };
  },

  /** The home sends the process away itself: the grant of the next epoch rides on the transfer. */
  promise(control, host, term, baton) {
    return enter(control, "promised", { epoch: control.epoch + 1, arrival: 0, host, term, baton });
  },

  /**
   * Grants the next epoch to whoever was given the baton by the host of this one. A target whose lease was in another term first has to
   * learn of this one: its beats tell it.
   */
  claim(control, from, message, self, term, baton) {
    const { epoch, arrival } = message;
    if (epoch === control.epoch && control.host === from && arrival === control.arrival) {
      return { control, reply: control.at === "away" || control.at === "here" ? "grant" : "none" };
    }
    const isNext = epoch === control.epoch + 1 && control.baton !== null && message.baton === control.baton;
    if (!isNext || (control.to !== null && control.to !== from)) return denyUnlessHost(control, from);
    if (from === self) {
      const home = { epoch, arrival, host: self, term: 0, baton: null };
      return { control: enter(control, "returned", home), reply: "grant" };
    }
    if (message.term !== null && message.term !== term) return { control, reply: "none" };
    return { control: enter(control, "claimed", { epoch, arrival, host: from, term, baton }), reply: "grant" };
  },

  /** The host has let go. From now on its own death means nothing to the process; that of the next host does. */
  handed(control, from, message, runningMs) {
    if (message.epoch <= control.epoch) return { control, reply: "release" };
    if (control.at !== "away" || control.host !== from || message.epoch !== control.epoch + 1) {
      return { control, reply: "none" };
    }
    return { control: { ...enter(control, "handed", {}), to: message.to, sinceMs: runningMs }, reply: "none" };
  },

  /**
   * The host could not hand it over and wants to go on itself, in the epoch after the one that it offered. Only the home can promise that the
   * offered one is never claimed, and not once it was (P15). Its own offers the home takes back itself: when the target has refused.
   */
  bar(control, from, message, self, baton) {
    if (from === self) {
      if (control.at === "away" && control.epoch === message.epoch) {
        const home = { epoch: message.epoch + 1, arrival: 0, host: self, term: 0, baton: null };
        return { control: enter(control, "revoked", home), reply: "barred" };
      }
      return { control, reply: "none" };
    }
    if (control.at === "away" && control.host === from) {
      if (message.epoch === control.epoch + 1) {
        const next = { epoch: control.epoch + 2, barred: message.epoch, baton };
        return { control: enter(control, "barred", next), reply: "barred" };
      }
      if (message.epoch === control.barred) return { control, reply: "barred" };
    }
    return { control, reply: message.epoch <= control.epoch || control.at === "expected" ? "release" : "none" };
  },

  /** Effects count only from the host of this very epoch: nothing of an earlier one is accepted any more (P13). */
  out(control, from, message) {
    const isCurrent = control.at === "away" && control.host === from && message.epoch === control.epoch;
    if (isCurrent) return { control, reply: "accept" };
    return message.epoch <= control.epoch ? denyUnlessHost(control, from) : { control, reply: "none" };
  },
};

/**
 * What was said for an earlier epoch is void. The host itself is never told so: it may have said it before its own epoch moved on by a bar
 * that it has not heard of, and being denied it would drop what it rightly holds.
 */
function denyUnlessHost(control: HomeControl, from: Place): HomeStep {
  return { control, reply: control.host === from ? "none" : "deny" };
}

function enter(control: HomeControl, event: TransferHomeEvent, changes: Partial<Omit<HomeControl, "at">>): HomeControl {
  return { ...control, to: null, barred: null, ...changes, at: transferHomeTable.transition(control.at, event) };
}

/** A process on its way out of this node. */
export interface SourceControl {
  readonly at: TransferSourceState;
  /** The epoch that this node was granted; the offer is of the next one. */
  readonly epoch: number;
  readonly to: Place;
  /** When it was first offered, and when a message about it was last sent. */
  readonly sinceMs: number;
  readonly sentAtMs: number;
  /** Why it will go on here. */
  readonly reason: unknown;
}

export type SourceEvent =
  | { readonly type: "refused" | "unreachable"; readonly reason: unknown }
  | { readonly type: Exclude<TransferSourceEvent, "refused" | "unreachable"> };

/** The source's next state; the same object when the event says nothing new. */
export function stepSource(control: SourceControl, event: SourceEvent): SourceControl {
  const at = transferSourceTable.transition(control.at, event.type);
  if (at === control.at) return control;
  return { ...control, at, reason: "reason" in event ? event.reason : control.reason };
}

/** A process that is arriving, or a guest here. */
export interface TargetControl {
  readonly at: TransferTargetState;
  readonly epoch: number;
  /** The term that it was granted in; 0 while it is not. A grant that rides along counts from the start. */
  readonly term: number;
  /** What it takes along when it moves on. */
  readonly baton: string | null;
  /** Since when it is in this state. */
  readonly sinceMs: number;
}

export type TargetEvent =
  | { readonly type: "admittedWithGrant" | "granted"; readonly term: number; readonly baton: string }
  | { readonly type: Exclude<TransferTargetEvent, "admittedWithGrant" | "granted"> };

/** The target's next state; the same object when the event says nothing new. */
export function stepTarget(control: TargetControl, event: TargetEvent, nowMs: number): TargetControl {
  const at = transferTargetTable.transition(control.at, event.type);
  if (at === control.at) return control;
  const grant = "term" in event ? { term: event.term, baton: event.baton } : {};
  return { ...control, ...grant, at, sinceMs: nowMs };
}

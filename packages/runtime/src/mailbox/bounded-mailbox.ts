import { WaitingLine, type Place } from "@espalier/channels";
import type { Cause } from "@espalier/heartbeat";
import { Refusal, Request } from "../servers/call.ts";
import type { Cell } from "../cell.ts";
import { MailboxFullError } from "../errors.ts";
import type { Kernel } from "../kernel.ts";
import type { MailboxLimits } from "./mailbox-limits.ts";
import type { Pid } from "../addresses/pid.ts";
import { PriorityMailbox } from "./priority.ts";
import { Receiving } from "./receive.ts";
import type { SendAnswered } from "./send-answered.ts";
import type { suspended, Waiting } from "../waiting.ts";

/** Somebody whose message waits for room. */
interface InLine {
  readonly message: unknown;
  /** Null when nobody waits for it: a timer sent it, or whoever did not know of the limit. */
  readonly sending: Sending | null;
}

/**
 * The mailbox of a process that was started with limits. Some things always get in, and take no room: EXIT, DOWN, priority messages, what the
 * system asks of a server, and what comes out of the stash.
 *
 * Messages of one sender stay in order: nothing gets in while somebody waits in line.
 */
export class BoundedMailbox extends PriorityMailbox {
  readonly limits: MailboxLimits;
  readonly #kernel: Kernel;
  readonly #owner: Cell;
  readonly #line: WaitingLine<InLine> = new WaitingLine();
  /** What waits here and takes no room, and how often: two messages may be equal. */
  readonly #exempt: Map<unknown, number> = new Map();
  #exemptCount = 0;
  #letsPass = false;

  constructor(kernel: Kernel, owner: Cell, limits: MailboxLimits) {
    super();
    this.#kernel = kernel;
    this.#owner = owner;
    this.limits = limits;
  }

  /** How many messages wait outside. */
  get lineLength(): number {
    return this.#line.length;
  }

  get #hasRoom(): boolean {
    return this.length - this.#exemptCount < this.limits.capacity;
  }

  get #isLineFull(): boolean {
    return this.#line.length >= this.#kernel.limits.waitingPerMailbox;
  }

  /** Whether `sender` would have to wait with a message, or not get it in. */
  makesWait(sender: Cell): boolean {
    const isFull = !this.#hasRoom || this.#line.length > 0;
    return isFull && this.limits.whenFull === "wait" && sender !== this.#owner;
  }

  /** A process sends, and can be made to wait. @throws MailboxFullError when the message is refused, if it `fails` then. */
  offer(sender: Cell, message: unknown, fails: boolean): typeof suspended | undefined {
    const { whenFull } = this.limits;
    const owner = this.#owner;
    const waits = whenFull === "wait" && sender !== owner;
    if ((this.#hasRoom && this.#line.length === 0) || !(waits || fails)) {
      this.#kernel.deliver(owner, message);
      return undefined;
    }
    // Nobody can make room who waits for it.
    if (!waits || this.#isLineFull) {
      if (fails) throw new MailboxFullError(owner.pid, message);
      this.#refuse(message);
      return undefined;
    }
    const sending = new Sending(sender, owner.pid);
    sending.place = this.#line.join({ message, sending });
    this.#kernel.columns.delivered(owner);
    return this.#kernel.wait(sender, sending);
  }

  /** A message comes whose sender does not wait. */
  override push(message: unknown): void {
    if (this.#letsPass || (message instanceof Request && message.system)) {
      this.#takesNoRoom(message);
      super.push(message);
      return;
    }
    if (this.#hasRoom && this.#line.length === 0) {
      super.push(message);
      return;
    }
    switch (this.limits.whenFull) {
      case "wait":
        if (this.#isLineFull) this.#refuse(message);
        else this.#line.join({ message, sending: null });
        return;
      case "drop-oldest":
        this.#dropOldest();
        super.push(message);
        return;
      case "drop-newest":
      case "fail":
        this.#refuse(message);
        return;
    }
  }

  /** What `deliver` delivers is no message of anybody, and gets in. */
  letPass(deliver: () => void): void {
    this.#letsPass = true;
    try {
      deliver();
    } finally {
      this.#letsPass = false;
    }
  }

  override pushUrgent(message: unknown): void {
    this.#takesNoRoom(message);
    super.pushUrgent(message);
  }

  override unshift(message: unknown): void {
    this.#takesNoRoom(message);
    super.unshift(message);
  }

  override shift(): unknown {
    const message = super.shift();
    this.#taken(message);
    return message;
  }

  override removeAt(index: number): unknown {
    if (index === 0) return this.shift();
    const message = super.removeAt(index);
    this.#taken(message);
    return message;
  }

  /** The owner has ended: those in line go on, and their messages are in nobody's mailbox. */
  release(): void {
    for (let next = this.#line.shift(); next !== undefined; next = this.#line.shift()) {
      this.#kernel.deadLetter(this.#owner.pid, next.message, "ended", next.sending?.sender.pid ?? null);
      next.sending?.over();
    }
  }

  /** Something was taken out: whoever is first in line gets in. */
  #taken(message: unknown): void {
    if (this.#exemptCount > 0) this.#forgetExempt(message);
    while (this.#line.length > 0 && this.#hasRoom) {
      const { message: next, sending } = this.#line.shift() as InLine;
      super.push(next);
      sending?.over();
    }
  }

  #takesNoRoom(message: unknown): void {
    this.#exempt.set(message, (this.#exempt.get(message) ?? 0) + 1);
    this.#exemptCount += 1;
  }

  #forgetExempt(message: unknown): void {
    const count = this.#exempt.get(message);
    if (count === undefined) return;
    this.#exemptCount -= 1;
    if (count === 1) this.#exempt.delete(message);
    else this.#exempt.set(message, count - 1);
  }

  #dropOldest(): void {
    const index = this.#oldestIndex();
    this.#refuse(super.removeAt(index));
    // The owner may wait for a message that it has not looked at.
    const { waiting } = this.#owner;
    if (waiting instanceof Receiving) waiting.removed(index);
  }

  /** Of equal messages those in front are taken for the ones that take no room: nobody can tell them apart. */
  #oldestIndex(): number {
    if (this.#exemptCount === 0) return 0;
    const exempt = new Map(this.#exempt);
    return this.findIndex((message) => {
      const count = exempt.get(message) ?? 0;
      if (count > 0) exempt.set(message, count - 1);
      return count === 0;
    });
  }

  /** Whoever called hears of it; the rest is a dead letter. */
  #refuse(message: unknown): void {
    const { pid } = this.#owner;
    if (message instanceof Request) {
      const ref = message.from;
      this.#kernel.route(pid, ref.owner, { type: "reply", ref, value: new Refusal(mailboxFull) });
    } else {
      this.#kernel.deadLetter(pid, message, "mailbox full");
    }
  }
}

/** See {@link SendAnswered}. */
export function performSendAnswered(
  kernel: Kernel,
  cell: Cell,
  { to, message, fails }: SendAnswered,
): typeof suspended | undefined {
  const receiver = kernel.find(to);
  if (receiver !== undefined && receiver.alive && receiver.mailbox instanceof BoundedMailbox) {
    return receiver.mailbox.offer(cell, message, fails);
  }
  kernel.effect(cell, to, { type: "message", message });
  return undefined;
}

const mailboxFull: Cause = Object.freeze({ type: "exit", reason: "mailbox_full" });

/** A process waits until its message is in. When it ends or is cancelled before, the message is not delivered. */
class Sending implements Waiting {
  readonly sender: Cell;
  readonly on: Pid;
  place: Place | null = null;

  constructor(sender: Cell, on: Pid) {
    this.sender = sender;
    this.on = on;
  }

  get what(): string {
    return `send to ${this.on.toString()}`;
  }

  over(): void {
    this.sender.kernel.resume(this.sender, undefined);
  }

  cancel(): void {
    this.place?.leave();
  }
}

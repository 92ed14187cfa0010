import { InKernel } from "../in-kernel.ts";
import { messageKind, namedKind } from "./message-kind.ts";
import { CastMessage, Request } from "../servers/call.ts";

const none = 0;
const call = 1;
const cast = 2;
const other = 3;

/**
 * The kinds of the last four messages that a process took, for the report of its crash. Behaviours keep it, beside which it costs little: 64 bytes a
 * process, and a few words to write for each message. Nothing in it keeps a message.
 */
export class RecentMessages {
  #first = "";
  #second = "";
  #third = "";
  #fourth = "";
  /** Two bits for each, those of the last message in front. */
  #forms = none;

  took(message: unknown): void {
    this.#first = this.#second;
    this.#second = this.#third;
    this.#third = this.#fourth;
    // The name is there already: what to put before it is for whoever reads.
    if (message instanceof Request) this.#put(message.name, call);
    else if (message instanceof CastMessage) this.#put(message.name, cast);
    else this.#put(messageKind(message), other);
  }

  #put(name: string, form: number): void {
    this.#fourth = name;
    this.#forms = ((this.#forms << 2) | form) & 0xff;
  }

  /** The oldest first. */
  get kinds(): readonly string[] {
    const kinds: string[] = [];
    for (const [index, name] of [this.#first, this.#second, this.#third, this.#fourth].entries()) {
      const form = (this.#forms >> (2 * (3 - index))) & 3;
      if (form === call) kinds.push(namedKind("call", name));
      else if (form === cast) kinds.push(namedKind("cast", name));
      else if (form === other) kinds.push(name);
    }
    return kinds;
  }
}

/** For a behaviour as it begins: what it writes down the messages in that it takes. */
export const recentMessages: InKernel<RecentMessages> = new InKernel(
  (_kernel, cell) => (cell.recent ??= new RecentMessages()),
);

import type { Pipe, PipeHandler } from "@espalier/runtime";
import type { Life } from "../world/life.ts";
import type { Tally } from "../fault/controls.ts";
import type { Link, Waiter } from "./link.ts";
import type { Timeline } from "../world/timeline.ts";

/** What crosses one direction of a pipe, in order. */
export type Parcel =
  | { readonly type: "connect" }
  | { readonly type: "open" }
  | { readonly type: "frame"; readonly bytes: Uint8Array }
  | { readonly type: "closed"; readonly reason: string };

/** `drained` is called when what is queued falls below this again. */
const lowWaterBytes = 2 ** 20;

/** One direction of a pipe. Parcels arrive in the order sent, none sooner than the link allows; while it is blocked, none do. */
export class Lane implements Waiter {
  readonly link: Link;
  readonly #timeline: Timeline;
  readonly #arrive: (parcel: Parcel) => void;
  readonly #delivered: (bytes: number) => void;
  readonly #queue: Parcel[] = [];
  /** They hold back what is due, beside what the link does. */
  readonly #stalls = new Set<Tally>();
  /** How many parcels are due and were stalled. */
  #overdue = 0;

  constructor(timeline: Timeline, link: Link, arrive: (parcel: Parcel) => void, delivered: (bytes: number) => void) {
    this.#timeline = timeline;
    this.link = link;
    this.#arrive = arrive;
    this.#delivered = delivered;
  }

  push(parcel: Parcel): void {
    this.#queue.push(parcel);
    this.proceed();
  }

  /** Whatever is first in the queue arrives after the link's delay: each parcel has one arrival, but which one it is the queue decides. */
  proceed(): void {
    this.#timeline.after(this.link.delayMs(), () => this.#due());
  }

  stall(tally: Tally): void {
    this.#stalls.add(tally);
  }

  /** Ends a stall, or all. Returns whether there were any. */
  resume(tally?: Tally): boolean {
    const before = this.#stalls.size;
    if (tally === undefined) this.#stalls.clear();
    else this.#stalls.delete(tally);
    if (this.#stalls.size === 0) for (; this.#overdue > 0; this.#overdue -= 1) this.proceed();
    return this.#stalls.size < before;
  }

  /** What is under way is lost. */
  clear(): void {
    this.#queue.length = 0;
  }

  #due(): void {
    if (this.#queue.length === 0) return;
    if (this.#stalls.size > 0) {
      for (const tally of this.#stalls) tally.effective += 1;
      this.#overdue += 1;
      return;
    }
    if (this.link.holds(this)) return;
    const parcel = this.#queue.shift() as Parcel;
    if (parcel.type === "frame") this.#delivered(parcel.bytes.length);
    this.#arrive(parcel);
  }
}

/** One end of a pipe: a socket of one process. */
export class End implements Pipe {
  readonly remote: string;
  readonly life: Life;
  handler: PipeHandler | null = null;
  queuedBytes = 0;
  /** What goes to the other end. Null until the process at the other end is known. */
  lane: Lane | null = null;
  #isClosed = false;
  readonly #forget: (end: End) => void;
  readonly #cleanUp = (): void => this.#processDied();

  constructor(life: Life, remote: string, forget: (end: End) => void) {
    this.life = life;
    this.remote = remote;
    this.#forget = forget;
    life.onEnd.add(this.#cleanUp);
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  send(frame: Uint8Array): void {
    if (this.#isClosed || this.lane === null) return;
    this.queuedBytes += frame.length;
    this.lane.push({ type: "frame", bytes: frame.slice() });
  }

  close(reason = "closed"): void {
    if (this.#isClosed) return;
    this.#end();
    this.lane?.push({ type: "closed", reason });
    this.life.after(0, "input", "closed", () => this.handler?.closed(reason));
  }

  /** The pipe is broken. */
  cut(reason: string): void {
    if (this.#isClosed) return;
    this.#end();
    this.life.after(0, "input", "cut", () => this.handler?.closed(reason));
  }

  /** Bytes of this end have left. */
  left(count: number): void {
    const before = this.queuedBytes;
    this.queuedBytes -= count;
    if (before < lowWaterBytes || this.queuedBytes >= lowWaterBytes || this.#isClosed) return;
    this.life.after(0, "input", "drained", () => this.handler?.drained?.());
  }

  /** Something of the other end is here. */
  arrive(parcel: Parcel): void {
    const { life } = this;
    switch (parcel.type) {
      case "connect":
        throw new Error("an end that exists is not connected to");
      case "open":
        return life.machine.perform({
          life,
          kind: "input",
          what: "open",
          run: () => {
            if (!this.#isClosed) this.handler?.open();
          },
        });
      case "frame":
        return life.machine.perform({
          life,
          kind: "input",
          what: "frame",
          bytes: parcel.bytes,
          run: () => {
            if (!this.#isClosed) this.handler?.frame(parcel.bytes);
          },
        });
      case "closed":
        return life.machine.perform({
          life,
          kind: "input",
          what: "closed",
          run: () => {
            if (this.#isClosed) return;
            this.#end();
            this.handler?.closed(parcel.reason);
          },
        });
    }
  }

  /** What a process that is gone had sent still arrives; then the machine closes the connection. */
  #processDied(): void {
    if (this.#isClosed) return;
    this.#end();
    this.lane?.push({ type: "closed", reason: "the connection was reset" });
  }

  #end(): void {
    this.#isClosed = true;
    this.life.onEnd.delete(this.#cleanUp);
    this.#forget(this);
  }
}

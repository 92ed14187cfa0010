import { drainedBytes, type Pipe, type PipeHandler } from "@espalier/runtime";
import type { Life } from "../world/life.ts";
import type { Tally } from "../fault/controls.ts";
import type { Bottleneck } from "./bottleneck.ts";
import type { Link, Waiter } from "./link.ts";
import type { Strand } from "../world/strand.ts";
import type { Timing } from "../world/timing.ts";

/** What crosses one direction of a pipe, in order. */
export type Parcel =
  | { readonly type: "connect" }
  /** With what a real socket says besides frames. */
  | { readonly type: "open"; readonly bytes?: Uint8Array }
  /** `queuedBytes` of the sender's are on their way with it: none, if it never sent that. */
  | { readonly type: "frame"; readonly bytes: Uint8Array; readonly queuedBytes: number }
  | { readonly type: "closed"; readonly reason: string };

/** What opens and closes a pipe takes about this many bytes of a line. */
const controlBytes = 64;

/** What a lane goes through, and where it leads to. */
export interface LaneParts {
  readonly timeline: Timing;
  readonly link: Link;
  /** What arrives by it is in this order. */
  readonly strand?: Strand;
  /** How fast the machine at the end of it reads. */
  readonly reader: Bottleneck;
  readonly arrive: (parcel: Parcel) => void;
  /** Bytes of the sender have left it. */
  readonly left: (bytes: number) => void;
}

/** Is told of what a lane has lost. */
export type Loss = (parcel: Parcel) => void;

/** One direction of a pipe. Parcels arrive in the order sent, none sooner than the link allows; while it is blocked, none do. */
export class Lane implements Waiter {
  readonly #parts: LaneParts;
  readonly #queue: Parcel[] = [];
  /** They hold back what is due, beside what the link does. */
  readonly #stalls = new Set<Tally>();
  /** What is due is lost. */
  #loss: Loss | null = null;
  /** How many parcels are due and were stalled. */
  #overdue = 0;
  /** How many are here, and have to be read. */
  #unread = 0;
  /** When the last one is due that is on its way: what is late holds up everything behind it. */
  #dueMs = 0;

  constructor(parts: LaneParts) {
    this.#parts = parts;
  }

  push(parcel: Parcel): void {
    if (parcel.type !== "frame") return this.#send(parcel);
    let { queuedBytes } = parcel;
    for (const bytes of this.#parts.link.frames(this, parcel.bytes)) {
      this.#send({ type: "frame", bytes, queuedBytes });
      queuedBytes = 0;
    }
  }

  /** Whatever is first in the queue arrives after the link's delay: each parcel has one arrival, but which one it is the queue decides. */
  proceed(): void {
    const { timeline, link, strand } = this.#parts;
    this.#dueMs = Math.max(this.#dueMs, timeline.nowMs + link.delayMs());
    timeline.at(this.#dueMs, () => this.#due(), strand);
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

  /** From now on nothing arrives any more: whoever does that has to break the pipe afterwards. */
  lose(loss: Loss): void {
    this.#loss = loss;
  }

  /** The opposite, unless something else began to lose since. */
  keep(loss: Loss): void {
    if (this.#loss === loss) this.#loss = null;
  }

  /** What is under way is lost. */
  clear(): void {
    this.#queue.length = 0;
  }

  #send(parcel: Parcel): void {
    this.#queue.push(parcel);
    this.#parts.link.line.pass(sizeOf(parcel), () => this.proceed());
  }

  #due(): void {
    const first = this.#queue[this.#unread];
    if (first === undefined) return;
    if (this.#stalls.size > 0) {
      for (const tally of this.#stalls) tally.effective += 1;
      this.#overdue += 1;
      return;
    }
    if (this.#parts.link.holds(this)) return;
    if (this.#loss !== null) return this.#drop(first, this.#loss);
    this.#unread += 1;
    this.#parts.reader.pass(sizeOf(first), () => this.#deliver());
  }

  #deliver(): void {
    this.#unread -= 1;
    const parcel = this.#queue.shift();
    if (parcel === undefined) return;
    if (parcel.type === "frame") this.#parts.left(parcel.queuedBytes);
    this.#parts.arrive(parcel);
  }

  #drop(parcel: Parcel, loss: Loss): void {
    this.#queue.splice(this.#unread, 1);
    if (parcel.type === "frame") this.#parts.left(parcel.queuedBytes);
    loss(parcel);
  }
}

function sizeOf(parcel: Parcel): number {
  return parcel.type === "frame" ? parcel.bytes.length : controlBytes;
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
    this.lane.push({ type: "frame", bytes: frame.slice(), queuedBytes: frame.length });
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
    if (before < drainedBytes || this.queuedBytes >= drainedBytes || this.#isClosed) return;
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

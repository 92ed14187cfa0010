import { connect, type Socket } from "node:net";
import type { Tally } from "../../fault/controls.ts";
import type { Bottleneck } from "../../network/bottleneck.ts";
import type { Link } from "../../network/link.ts";
import { Lane, type Parcel } from "../../network/pipe.ts";
import type { Timing } from "../../world/timing.ts";
import { FrameReader, writeFrame } from "./frame-reader.ts";

/** Where proxies listen and connect, and nowhere else. */
export const loopback = "127.0.0.1";

/** A sender whose bytes are not let through has to wait beyond this many, as with a line that is full. */
const queuedBytesMax = 2 ** 20;

/** Why a pipe ended: its sender said all it had to say, or it broke. */
const finished = "finished";
const broken = "broken";

/** What a connection goes through. */
export interface ConnectionParts {
  readonly timing: Timing;
  /** What the one that connected sends, and what the other one does. */
  readonly links: { readonly there: Link; readonly back: Link };
  readonly readers: { readonly there: Bottleneck; readonly back: Bottleneck };
  /** The local port of the node that is connected to; null: it does not listen, or refuses. */
  readonly target: () => number | null;
  readonly forget: () => void;
}

/** One end of a proxied connection: the socket to one of the two processes, and what that has said and was not let through. */
interface Side {
  readonly socket: Socket;
  readonly reader: FrameReader;
  /** What it says goes here. */
  readonly lane: Lane;
  queuedBytes: number;
}

/** A connection between two nodes, which goes through two lanes of this process: whatever is done to links and lanes is done to it. */
export class ProxiedConnection {
  readonly from: string;
  readonly to: string;
  readonly there: Lane;
  readonly back: Lane;
  readonly #parts: ConnectionParts;
  readonly #near: Side;
  #far: Side | null = null;

  constructor(from: string, to: string, socket: Socket, parts: ConnectionParts) {
    this.from = from;
    this.to = to;
    this.#parts = parts;
    const { timing, links, readers } = parts;
    const left = (side: Side | null, bytes: number): void => {
      if (side === null) return;
      side.queuedBytes -= bytes;
      if (side.queuedBytes < queuedBytesMax) side.socket.resume();
    };
    this.there = new Lane({
      timeline: timing,
      link: links.there,
      reader: readers.there,
      arrive: (parcel) => (parcel.type === "connect" ? this.#open() : this.#deliver(this.#far, parcel, true)),
      left: (bytes) => left(this.#near, bytes),
    });
    this.back = new Lane({
      timeline: timing,
      link: links.back,
      reader: readers.back,
      arrive: (parcel) => this.#deliver(this.#near, parcel, false),
      left: (bytes) => left(this.#far, bytes),
    });
    this.#near = this.#attend(socket, this.there);
    this.there.push({ type: "connect" });
  }

  get isOpen(): boolean {
    return this.#far !== null && !this.#far.socket.destroyed && !this.#near.socket.destroyed;
  }

  stall(from: string, tally: Tally): void {
    this.laneFrom(from).stall(tally);
  }

  laneFrom(from: string): Lane {
    return from === this.from ? this.there : this.back;
  }

  /** Breaks it for both: what is under way is lost. */
  break(): void {
    this.there.clear();
    this.back.clear();
    this.breakFor(this.from);
    this.breakFor(this.to);
  }

  /** Breaks it for one of the two. */
  breakFor(node: string): void {
    const side = node === this.from ? this.#near : this.#far;
    if (side !== null) reset(side.socket);
  }

  #open(): void {
    const port = this.#parts.target();
    if (port === null || this.#near.socket.destroyed) return this.back.push({ type: "closed", reason: broken });
    const socket = connect({ host: loopback, port, allowHalfOpen: true });
    this.#far = this.#attend(socket, this.back);
  }

  #attend(socket: Socket, lane: Lane): Side {
    socket.setNoDelay(true);
    const side: Side = { socket, reader: new FrameReader(), lane, queuedBytes: 0 };
    let isFinished = false;
    socket.on("data", (bytes) => this.#read(side, bytes));
    socket.on("end", () => {
      isFinished = true;
      lane.push({ type: "closed", reason: finished });
    });
    // "close" follows, with the word that there was one.
    socket.on("error", () => {});
    socket.on("close", (hadError) => {
      if (hadError || !isFinished) lane.push({ type: "closed", reason: broken });
      if (this.#near.socket.destroyed && this.#far?.socket.destroyed !== false) this.#parts.forget();
    });
    return side;
  }

  #read(side: Side, bytes: Uint8Array): void {
    for (const piece of side.reader.read(bytes)) {
      if (piece.type === "raw") {
        side.lane.push({ type: "open", bytes: piece.bytes });
        continue;
      }
      side.queuedBytes += piece.payload.length;
      side.lane.push({ type: "frame", bytes: piece.payload, queuedBytes: piece.payload.length });
    }
    if (side.queuedBytes >= queuedBytesMax) side.socket.pause();
  }

  #deliver(side: Side | null, parcel: Parcel, isMasked: boolean): void {
    const socket = side?.socket;
    if (socket === undefined || socket.destroyed) return;
    if (parcel.type === "closed") {
      if (parcel.reason === finished) socket.end();
      else reset(socket);
    } else if (!socket.writableEnded) {
      if (parcel.type === "frame") socket.write(writeFrame(parcel.bytes, isMasked));
      else if (parcel.type === "open" && parcel.bytes !== undefined) socket.write(parcel.bytes);
    }
  }
}

/** At once. By itself Node would wait until it is connected, or has written everything: with a process that stands still, for ever. */
function reset(socket: Socket): void {
  if (!socket.connecting) socket.resetAndDestroy();
  socket.destroy();
}

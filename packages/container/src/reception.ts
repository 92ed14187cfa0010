import type { Accept, Host, Limits, NodeId, Pipe, PipeHandler, Timer } from "@espalier/runtime";
import { machineAddress, refusalFrame, targetOf } from "@espalier/wire";
import type { RefusalKind } from "./events.ts";
import { Lobby, type Waiting } from "./lobby.ts";

/** What takes a pipe for a node. */
export type Door = Accept;

/** A pipe whose first frame names a node. */
export interface Visitor {
  /** It is the node's from now on. */
  enter(door: Door): void;
  /** It is kept until it is told one of the others, or its time is over. */
  wait(): void;
  turnAway(kind: RefusalKind, reason: string): void;
}

export interface ReceptionOptions {
  readonly host: Pick<Host, "clock">;
  readonly limits: Pick<Limits, "frameBytes" | "handshakeMs" | "halfOpen" | "halfOpenPerAddress" | "reasonLength">;
  /** Sees a visitor to the node that it names; false when no such node lives here. */
  readonly lead: (target: NodeId, visitor: Visitor) => boolean;
  readonly refused: (node: NodeId | null, remote: string, kind: RefusalKind, reason: string) => void;
}

/** The one door of all nodes of a container: reads of each pipe whom it wants, and hands it over. Nothing here can read more than that. */
export class Reception {
  readonly #options: ReceptionOptions;
  readonly #lobby: Lobby<Arrival>;
  #routed = 0;
  #isClosed = false;

  constructor(options: ReceptionOptions) {
    this.#options = options;
    this.#lobby = new Lobby(options.limits);
  }

  /** Pipes that no node has taken yet. */
  get halfOpen(): number {
    return this.#lobby.size;
  }

  /** Pipes that were handed to a node. */
  get routed(): number {
    return this.#routed;
  }

  accept(pipe: Pipe): PipeHandler {
    const arrival = new Arrival(pipe, this.#options, {
      entered: () => {
        this.#routed += 1;
        this.#lobby.leave(arrival);
      },
      left: () => this.#lobby.leave(arrival),
    });
    if (this.#isClosed) arrival.dismiss("stopping", "the container is stopped");
    else this.#lobby.enter(arrival)?.dismiss("crowded", "too many pipes here that no node has taken yet");
    return arrival;
  }

  /** Everybody who waits has to leave, and nobody is let in any more. */
  close(): void {
    this.#isClosed = true;
    for (const arrival of this.#lobby) arrival.dismiss("stopping", "the container stops");
  }
}

interface ArrivalOwner {
  entered(): void;
  left(): void;
}

/** What all share who were told why they may not enter, and have not gone yet. */
const refusedShare = "refused";

/** One pipe, from its opening to its end. Once a node has taken it, each frame goes there as it is. */
class Arrival implements PipeHandler, Visitor, Waiting {
  readonly address: string;
  share: string;
  readonly #pipe: Pipe;
  readonly #options: ReceptionOptions;
  readonly #owner: ArrivalOwner;
  readonly #acceptedAtMs: number;
  readonly #deadline: Timer;
  #stage: "silent" | "waiting" | "refused" | "entered" | "over" = "silent";
  #target: NodeId | null = null;
  /** Its first frame, while it waits for the node. */
  #first: Uint8Array | null = null;
  #handler: PipeHandler | null = null;

  constructor(pipe: Pipe, options: ReceptionOptions, owner: ArrivalOwner) {
    this.#pipe = pipe;
    this.#options = options;
    this.#owner = owner;
    this.address = machineAddress(pipe.remote);
    this.share = `address ${this.address}`;
    const { handshakeMs } = options.limits;
    const { clock } = options.host;
    this.#acceptedAtMs = clock.monotonic();
    this.#deadline = clock.after(handshakeMs, () => {
      const what = this.#target === null ? "no first frame" : `the node ${this.#target} did not start`;
      this.dismiss("late", `${what} within ${handshakeMs} ms`);
    });
  }

  // The pipe's side.

  open(): void {
    // The side that connected speaks first.
  }

  frame(bytes: Uint8Array): void {
    if (this.#handler !== null) this.#handler.frame(bytes);
    else if (this.#stage === "silent") this.#read(bytes);
    else if (this.#stage !== "over") this.dismiss("malformed", "a second frame before the first was answered");
  }

  drained(): void {
    this.#handler?.drained?.();
  }

  closed(reason: string): void {
    const handler = this.#handler;
    this.#end();
    handler?.closed(reason);
  }

  // The node's side.

  enter(door: Door): void {
    const first = this.#first;
    if (first === null || (this.#stage !== "silent" && this.#stage !== "waiting")) return;
    this.#stage = "entered";
    this.#first = null;
    this.#deadline.cancel();
    this.#owner.entered();
    const handler = door(this.#pipe, this.#options.host.clock.monotonic() - this.#acceptedAtMs);
    this.#handler = handler;
    handler.open();
    handler.frame(first);
  }

  wait(): void {
    if (this.#stage !== "silent") return;
    this.#stage = "waiting";
    this.share = `node ${this.#target}`;
  }

  turnAway(kind: RefusalKind, reason: string): void {
    if (this.#stage !== "silent" && this.#stage !== "waiting") return;
    this.#stage = "refused";
    this.#first = null;
    this.share = refusedShare;
    this.#pipe.send(refusalFrame(reason));
    // It stays until the other side has read that and closes it, or its time is over: closing at once could lose the reason.
    this.#options.refused(this.#target, this.#pipe.remote, kind, reason);
  }

  /** Closes the pipe, unless a node has it. */
  dismiss(kind: RefusalKind, reason: string): void {
    if (this.#stage === "entered" || this.#stage === "over") return;
    const wasTold = this.#stage === "refused";
    this.#end();
    this.#pipe.close(reason.slice(0, this.#options.limits.reasonLength));
    if (!wasTold) this.#options.refused(this.#target, this.#pipe.remote, kind, reason);
  }

  #read(bytes: Uint8Array): void {
    const { frameBytes } = this.#options.limits;
    if (bytes.length > frameBytes) {
      return this.dismiss("malformed", `a frame of ${bytes.length} bytes; the limit is ${frameBytes}`);
    }
    const first = targetOf(bytes);
    if (first.type === "malformed") return this.dismiss("malformed", first.reason);
    if (first.type === "misfit") return this.turnAway("misfit", first.reason);
    this.#target = first.target;
    this.#first = bytes;
    if (!this.#options.lead(first.target, this)) this.turnAway("unknown", `no node ${first.target} lives here`);
  }

  #end(): void {
    this.#stage = "over";
    this.#first = null;
    this.#handler = null;
    this.#deadline.cancel();
    this.#owner.left();
  }
}

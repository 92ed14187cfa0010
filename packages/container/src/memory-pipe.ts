import type { Loop, Pipe, PipeHandler } from "@espalier/runtime";

/** `drained` is called when what is queued falls below this again. */
const lowWaterBytes = 2 ** 20;

/** What one turn of the loop carries in one direction, so that two nodes that say much to each other leave room for others. */
const turnBytes = 2 ** 18;

export interface MemoryPipeOptions {
  readonly loop: Loop;
  /** What each end says of the other: for people. */
  readonly near: string;
  readonly far: string;
  /** Attached before anything can arrive. */
  readonly handler: PipeHandler;
  /** Takes the other end, or says why nobody does. In a turn of its own. */
  readonly accept: (pipe: Pipe) => PipeHandler | string;
}

/**
 * A pipe between two nodes of one container: what `Network.connect` would give, without the network. Frames arrive in order in later turns of the
 * loop, each as a copy of its own; those sent before a close arrive before it.
 */
export function openMemoryPipe({ loop, near, far, handler, accept }: MemoryPipeOptions): Pipe {
  const dialling = new End(loop, far);
  const accepting = new End(loop, near);
  dialling.other = accepting;
  accepting.other = dialling;
  dialling.handler = handler;
  loop.soon(() => {
    if (dialling.isClosed) return;
    const taken = accept(accepting);
    if (typeof taken === "string") return dialling.close(taken);
    accepting.handler = taken;
    taken.open();
    if (!dialling.isClosed) handler.open();
  });
  return dialling;
}

class End implements Pipe {
  readonly remote: string;
  handler: PipeHandler | null = null;
  other: End | null = null;
  isClosed = false;
  queuedBytes = 0;
  readonly #loop: Loop;
  #queue: Uint8Array[] = [];
  #isUnderWay = false;
  #isAboveLowWater = false;
  /** Why the other end is to be closed, after what is queued. */
  #goodbye: string | null = null;

  constructor(loop: Loop, remote: string) {
    this.#loop = loop;
    this.remote = remote;
  }

  send(frame: Uint8Array): void {
    if (this.isClosed || this.other?.isClosed !== false) return;
    this.#queue.push(frame.slice());
    this.queuedBytes += frame.length;
    if (this.queuedBytes >= lowWaterBytes) this.#isAboveLowWater = true;
    this.#carry();
  }

  close(reason = "closed"): void {
    if (this.isClosed) return;
    this.#end(reason);
    this.#goodbye = reason;
    this.#carry();
  }

  #end(reason: string): void {
    this.isClosed = true;
    this.#loop.soon(() => this.handler?.closed(reason));
  }

  #carry(): void {
    if (this.#isUnderWay) return;
    this.#isUnderWay = true;
    this.#loop.soon(() => {
      this.#isUnderWay = false;
      this.#deliver();
    });
  }

  #deliver(): void {
    const other = this.other as End;
    if (other.isClosed) {
      this.#queue = [];
      this.queuedBytes = 0;
      return;
    }
    const queue = this.#queue;
    if (queue.length === 0 && this.#goodbye !== null) return other.#end(this.#goodbye);
    let count = 0;
    let bytes = 0;
    for (; count < queue.length && bytes < turnBytes; count += 1) bytes += (queue[count] as Uint8Array).length;
    this.#queue = queue.splice(count);
    this.queuedBytes -= bytes;
    // Before anything else, so that nothing is lost when a handler throws.
    if (this.#queue.length > 0 || this.#goodbye !== null) this.#carry();
    for (const frame of queue) {
      if (!other.isClosed) other.handler?.frame(frame);
    }
    if (!this.#isAboveLowWater || this.queuedBytes >= lowWaterBytes) return;
    this.#isAboveLowWater = false;
    if (!this.isClosed) this.handler?.drained?.();
  }
}

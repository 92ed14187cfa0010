import { drainedBytes, type Listener, type Loop, type Network, type Pipe, type PipeHandler } from "../host.ts";

/**
 * Pipes between the nodes of one OS process, on a host's loop: frames arrive one task each, in order, and those sent before a close arrive
 * before it.
 */
export class ManualNetwork implements Network {
  readonly #loop: Loop;
  readonly #listeners: Map<string, (pipe: Pipe) => PipeHandler> = new Map();
  readonly #pipes: Set<ManualPipe> = new Set();
  #port = 0;

  constructor(loop: Loop) {
    this.#loop = loop;
  }

  listen(url: string, accept: (pipe: Pipe) => PipeHandler): Promise<Listener> {
    const taken = url.replace(/:0$/, () => `:${20_000 + ++this.#port}`);
    if (this.#listeners.has(taken)) return Promise.reject(new Error(`listen ${taken}: the address is in use`));
    this.#listeners.set(taken, accept);
    return Promise.resolve({
      url: taken,
      close: () => {
        this.#listeners.delete(taken);
        return Promise.resolve();
      },
    });
  }

  connect(url: string, handler: PipeHandler): Pipe {
    const near = new ManualPipe(url, this.#loop, this.#pipes);
    near.handler = handler;
    this.#loop.soon(() => {
      const accept = this.#listeners.get(url);
      if (near.isClosed) return;
      if (accept === undefined) {
        near.close(`connect ${url}: nobody listens there`);
        return;
      }
      const far = new ManualPipe("manual:peer", this.#loop, this.#pipes);
      near.peer = far;
      far.peer = near;
      far.handler = accept(far);
      far.handler.open();
      handler.open();
    });
    return near;
  }

  /** Cuts every pipe there is: what is under way is lost. */
  cut(reason = "the network was cut"): void {
    for (const pipe of [...this.#pipes]) pipe.cut(reason);
  }
}

class ManualPipe implements Pipe {
  readonly remote: string;
  handler: PipeHandler | null = null;
  peer: ManualPipe | null = null;
  isClosed = false;
  queuedBytes = 0;
  readonly #loop: Loop;
  readonly #pipes: Set<ManualPipe>;

  constructor(remote: string, loop: Loop, pipes: Set<ManualPipe>) {
    this.remote = remote;
    this.#loop = loop;
    this.#pipes = pipes;
    pipes.add(this);
  }

  send(frame: Uint8Array): void {
    const { peer } = this;
    if (this.isClosed || peer === null) return;
    const copy = frame.slice();
    this.queuedBytes += copy.length;
    this.#loop.soon(() => {
      const before = this.queuedBytes;
      this.queuedBytes -= copy.length;
      if (before >= drainedBytes && this.queuedBytes < drainedBytes && !this.isClosed) this.handler?.drained?.();
      if (!peer.isClosed) peer.handler?.frame(copy);
    });
  }

  close(reason = "closed"): void {
    if (this.isClosed) return;
    this.#forget();
    const { peer } = this;
    this.#loop.soon(() => {
      this.handler?.closed(reason);
      peer?.cut(reason);
    });
  }

  cut(reason: string): void {
    if (this.isClosed) return;
    this.#forget();
    this.#loop.soon(() => this.handler?.closed(reason));
  }

  #forget(): void {
    this.isClosed = true;
    this.#pipes.delete(this);
  }
}

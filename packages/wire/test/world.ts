import {
  type Crypto,
  drainedBytes,
  type Host,
  type Listener,
  type Network,
  type Pipe,
  type PipeHandler,
} from "@espalier/runtime";
import { ManualHost } from "@espalier/runtime/testing";

/** What happens to a frame on its way: the frames that arrive in its place. */
export type Tap = (frame: Uint8Array, pipe: { readonly from: string; readonly to: string }) => readonly Uint8Array[];

/**
 * Machines on one manual host, each with a name: the clock, the loop and the keys are shared, and the network knows who sends what to whom,
 * so that a test can change it.
 */
export class World {
  /** What the network does to frames. Default: nothing. */
  tap: Tap = (frame) => [frame];
  /** What every pipe says is queued, beside what is. */
  queuedBytes = 0;
  /** How much each direction of a pipe carries; null: everything at once. */
  bytesPerSecond: number | null = null;
  readonly manual: ManualHost = new ManualHost();
  /** Added to the wall clock. */
  wallOffsetMs = 0;
  readonly #crypto: Crypto | null;
  readonly #listeners = new Map<string, (pipe: Pipe) => PipeHandler>();
  readonly #open = new Set<NamedPipe>();

  /** @param crypto instead of the portable one. */
  constructor(crypto: Crypto | null = null) {
    this.#crypto = crypto;
  }

  /** The machine with this name, which listens on `ws://name`. */
  host(name: string): Host {
    const { clock, random, loop, disk, crypto } = this.manual;
    return {
      clock: { ...clock, wall: () => clock.wall() + this.wallOffsetMs },
      random,
      loop,
      disk,
      crypto: this.#crypto ?? crypto,
      network: this.#network(name),
    };
  }

  /** Runs everything that is due, what promises bring included, and then lets time pass. */
  async run(durationMs = 0): Promise<void> {
    await this.manual.settle();
    this.manual.advance(durationMs);
    await this.manual.settle();
  }

  /** Cuts every pipe. What is under way is lost, and both ends are told. */
  cut(): void {
    for (const pipe of [...this.#open]) pipe.cut("cut");
  }

  /** How many pipes there are, seen from both ends. */
  get openPipes(): number {
    return this.#open.size / 2;
  }

  #network(name: string): Network {
    return {
      listen: (url, accept): Promise<Listener> => {
        this.#listeners.set(url, accept);
        return Promise.resolve({ url, close: () => Promise.resolve(void this.#listeners.delete(url)) });
      },
      connect: (url, handler): Pipe => {
        const near = new NamedPipe(this, this.#open, name, url);
        const far = new NamedPipe(this, this.#open, url, `${name}:1`);
        near.other = far;
        near.handler = handler;
        this.manual.loop.soon(() => {
          const accept = this.#listeners.get(url);
          if (near.isClosed) return;
          if (accept === undefined) return near.close(`nothing listens on ${url}`);
          far.connect(near, accept);
          handler.open();
        });
        return near;
      },
    };
  }
}

class NamedPipe implements Pipe {
  readonly remote: string;
  handler: PipeHandler | null = null;
  other: NamedPipe | null = null;
  isClosed = false;
  readonly #world: World;
  readonly #open: Set<NamedPipe>;
  readonly #name: string;
  #queuedBytes = 0;
  /** When the last frame is through that was sent over a slow pipe. */
  #throughMs = 0;

  constructor(world: World, open: Set<NamedPipe>, name: string, remote: string) {
    this.#world = world;
    this.#open = open;
    this.#name = name;
    this.remote = remote;
  }

  get queuedBytes(): number {
    return this.#world.queuedBytes + this.#queuedBytes;
  }

  connect(near: NamedPipe, accept: (pipe: Pipe) => PipeHandler): void {
    this.other = near;
    this.#open.add(near).add(this);
    this.handler = accept(this);
  }

  send(frame: Uint8Array): void {
    if (this.isClosed) return;
    const { other } = this;
    for (const arriving of this.#world.tap(frame.slice(), { from: this.#name, to: this.remote })) {
      this.#pass(arriving.length, () => {
        if (other?.isClosed === false) other.handler?.frame(arriving);
      });
    }
  }

  #pass(bytes: number, go: () => void): void {
    const { bytesPerSecond, manual } = this.#world;
    if (bytesPerSecond === null) return manual.loop.soon(go);
    const nowMs = manual.clock.monotonic();
    this.#throughMs = Math.max(this.#throughMs, nowMs) + (bytes * 1_000) / bytesPerSecond;
    this.#queuedBytes += bytes;
    manual.clock.after(this.#throughMs - nowMs, () => {
      const before = this.#queuedBytes;
      this.#queuedBytes -= bytes;
      if (before >= drainedBytes && this.#queuedBytes < drainedBytes && !this.isClosed) this.handler?.drained?.();
      go();
    });
  }

  /** What was sent before arrives first. */
  close(reason = "closed"): void {
    if (this.isClosed) return;
    this.#end(reason);
    const { other } = this;
    this.#world.manual.loop.soon(() => {
      if (other?.isClosed === false) other.#end(reason);
    });
  }

  cut(reason: string): void {
    if (!this.isClosed) this.#end(reason);
  }

  #end(reason: string): void {
    this.isClosed = true;
    this.#open.delete(this);
    this.#world.manual.loop.soon(() => this.handler?.closed(reason));
  }
}

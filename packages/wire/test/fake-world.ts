import type { Host, Listener, Network, Pipe, PipeHandler, Timer } from "@espalier/runtime";
import { fakeCrypto } from "./node/fake-crypto.ts";

/** What happens to a frame on its way: the frames that arrive in its place. */
export type Tap = (frame: Uint8Array, pipe: { readonly from: string; readonly to: string }) => readonly Uint8Array[];

interface End extends Pipe {
  readonly name: string;
  handler: PipeHandler;
  other: End;
  isClosed: boolean;
}

/** A few hosts on one network, in one thread, under one virtual clock. Everything happens in `run`, in a fixed order. */
export class FakeWorld {
  tap: Tap = (frame) => [frame];
  /** What `pipe.queuedBytes` says. */
  queuedBytes = 0;
  #now = 0;
  #wall = 1_700_000_000_000;
  #seed = 1;
  #ready: (() => void)[] = [];
  #timers: { readonly at: number; readonly fire: () => void }[] = [];
  readonly #listeners = new Map<string, (pipe: Pipe) => PipeHandler>();
  readonly #pipes: End[] = [];

  host(name: string): Host {
    const after = (delayMs: number, fire: () => void): Timer => {
      const timer = { at: this.#now + delayMs, fire };
      this.#timers.push(timer);
      return { cancel: () => void (this.#timers = this.#timers.filter((other) => other !== timer)) };
    };
    const soon = (task: () => void) => void this.#ready.push(task);
    return {
      clock: { monotonic: () => this.#now, wall: () => this.#wall + this.#now, after },
      random: { bytes: (count) => this.#bytes(count), unit: () => 0.5 },
      loop: { soon, afterInput: soon },
      network: this.#network(name),
      disk: { read: async () => null, write: async () => {} },
      crypto: fakeCrypto,
    };
  }

  /** Runs everything that is due, and `forMs` of virtual time. Microtasks run in between. */
  async run(forMs = 0): Promise<void> {
    const until = this.#now + forMs;
    for (;;) {
      await Promise.resolve();
      const task = this.#ready.shift();
      if (task !== undefined) {
        task();
        continue;
      }
      const next = this.#timers.toSorted((a, b) => a.at - b.at)[0];
      if (next === undefined || next.at > until) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.#now = next.at;
      next.fire();
    }
    this.#now = until;
  }

  setWall(ms: number): void {
    this.#wall = ms - this.#now;
  }

  /** Cuts every pipe, as a network would. */
  cut(): void {
    for (const end of this.#pipes) if (!end.isClosed) this.#closeEnd(end, "cut");
  }

  get openPipes(): number {
    return this.#pipes.filter((end) => !end.isClosed).length / 2;
  }

  get timers(): number {
    return this.#timers.length;
  }

  #network(name: string): Network {
    return {
      listen: async (url, accept): Promise<Listener> => {
        this.#listeners.set(url, accept);
        return { url, close: async () => void this.#listeners.delete(url) };
      },
      connect: (url, handler): Pipe => {
        const dialler = this.#end(name, url, handler);
        const accepted = this.#end(url, `${name}:1`, handler);
        dialler.other = accepted;
        accepted.other = dialler;
        this.#ready.push(() => {
          const accept = this.#listeners.get(url);
          if (dialler.isClosed) return void (accepted.isClosed = true);
          if (accept === undefined) return this.#closeEnd(dialler, `nothing listens on ${url}`);
          accepted.handler = accept(accepted);
          handler.open();
        });
        return dialler;
      },
    };
  }

  #end(name: string, remote: string, handler: PipeHandler): End {
    const queuedBytes = () => this.queuedBytes;
    const end: End = {
      name,
      remote,
      handler,
      other: undefined as unknown as End,
      isClosed: false,
      get queuedBytes() {
        return queuedBytes();
      },
      send: (frame) => {
        if (end.isClosed) return;
        for (const arriving of this.tap(frame.slice(), { from: name, to: remote })) {
          this.#ready.push(() => void (end.other.isClosed || end.other.handler.frame(arriving)));
        }
      },
      close: (reason) => void (end.isClosed || this.#closeEnd(end, reason ?? "closed")),
    };
    this.#pipes.push(end);
    return end;
  }

  /** What was sent before arrives first. */
  #closeEnd(end: End, reason: string): void {
    end.isClosed = true;
    this.#ready.push(() => end.handler.closed(reason));
    this.#ready.push(() => {
      if (end.other.isClosed || end.other.handler === end.handler) return;
      end.other.isClosed = true;
      end.other.handler.closed(reason);
    });
  }

  #bytes(count: number): Uint8Array {
    const bytes = new Uint8Array(count);
    for (let i = 0; i < count; i++) {
      this.#seed = (Math.imul(this.#seed, 1_103_515_245) + 12_345) >>> 0;
      bytes[i] = this.#seed >>> 16;
    }
    return bytes;
  }
}

// The host of a page by itself: what the test asks of it are the functions of `host`.

import type { Pipe, PipeHandler } from "@espalier/runtime";
import { browserHost } from "@espalier/runtime/browser";
import { webSocketNetwork } from "@espalier/wire/browser";

declare global {
  var host: HostProbe;
}

const text = (error: unknown): string => (error instanceof Error ? error.message : String(error));

class HostProbe {
  readonly #host = browserHost({ network: webSocketNetwork() });

  /** What it says to what a page cannot do. */
  async refusals(): Promise<readonly string[]> {
    const { disk, network } = this.#host;
    const bare = browserHost();
    return [
      await network.listen("ws://0.0.0.0:7000", () => new Recorder()).then(() => "listens", text),
      await disk.read("data/node.key").then(() => "read", text),
      await bare.network.listen("ws://0.0.0.0:7000", () => new Recorder()).then(() => "listens", text),
    ];
  }

  /** Opens pipes that cannot open: why each was closed. */
  async failures(urls: readonly string[]): Promise<readonly string[]> {
    const reasons: string[] = [];
    for (const url of urls) reasons.push(await Recorder.connect(this.#host.network, url).closing);
    return reasons;
  }

  /** Sends frames of these sizes to somebody who sends them back: the sizes that came. */
  async exchange(url: string, sizes: readonly number[]): Promise<readonly number[]> {
    const recorder = Recorder.connect(this.#host.network, url);
    await recorder.opening;
    for (const size of sizes) recorder.pipe?.send(new Uint8Array(size).fill(size & 0xff));
    while (recorder.frames.length < sizes.length) await recorder.next();
    recorder.pipe?.close("é".repeat(100));
    await recorder.closing;
    return recorder.frames.map((frame) => (frame.every((byte) => byte === (frame.length & 0xff)) ? frame.length : -1));
  }

  /** Sends until much is queued: how much that was, and how much when it was told that it had drained. */
  async drain(url: string): Promise<readonly [queued: number, drained: number]> {
    const recorder = Recorder.connect(this.#host.network, url);
    await recorder.opening;
    const pipe = recorder.pipe as Pipe;
    for (let count = 0; count < 64; count += 1) pipe.send(new Uint8Array(65_535));
    const queued = pipe.queuedBytes;
    await recorder.draining;
    const drained = pipe.queuedBytes;
    pipe.close();
    return [queued, drained];
  }

  /** The order in which tasks and timers ran, and whether a timer was early. */
  async order(): Promise<{ readonly ran: readonly string[]; readonly early: boolean; readonly bytes: number }> {
    const { clock, loop, random } = this.#host;
    const ran: string[] = [];
    const begunMs = clock.monotonic();
    await new Promise<void>((resolve) => {
      clock.after(20, resolve);
      clock.after(10, () => ran.push("cancelled")).cancel();
      clock.after(2 ** 40, () => ran.push("much later"));
      loop.afterInput(() => ran.push("after input"));
      loop.soon(() => {
        ran.push("first");
        loop.soon(() => ran.push("third"));
      });
      loop.soon(() => ran.push("second"));
    });
    return { ran, early: clock.monotonic() - begunMs < 20, bytes: random.bytes(200_000).length };
  }
}

class Recorder implements PipeHandler {
  readonly frames: Uint8Array[] = [];
  readonly #opening = Promise.withResolvers<void>();
  readonly #draining = Promise.withResolvers<void>();
  readonly #closing = Promise.withResolvers<string>();
  #wake: () => void = () => {};
  pipe: Pipe | null = null;

  static connect(network: { connect(url: string, handler: PipeHandler): Pipe }, url: string): Recorder {
    const recorder = new Recorder();
    recorder.pipe = network.connect(url, recorder);
    return recorder;
  }

  get opening(): Promise<void> {
    return this.#opening.promise;
  }

  get draining(): Promise<void> {
    return this.#draining.promise;
  }

  get closing(): Promise<string> {
    return this.#closing.promise;
  }

  open(): void {
    this.#opening.resolve();
  }

  frame(bytes: Uint8Array): void {
    this.frames.push(bytes);
    this.#wake();
  }

  closed(reason: string): void {
    this.#closing.resolve(reason);
  }

  drained(): void {
    this.#draining.resolve();
  }

  /** Resolves with the next frame. */
  next(): Promise<void> {
    return new Promise((resolve) => (this.#wake = resolve));
  }
}

globalThis.host = new HostProbe();

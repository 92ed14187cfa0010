import type { Host, Listener, Pipe, PipeHandler } from "@espalier/runtime";

/** Frames of a stack that are worth naming: not of this file. */
const ownFrame = /[/\\]probe[/\\]leaks\.[jt]s/;

/**
 * A host that knows what was asked of it and is not over: timers that are set, ports that are open, pipes. What is left of it when a node has
 * stopped, the node or its program has forgotten.
 */
export class WatchedHost implements Host {
  readonly clock: Host["clock"];
  readonly random: Host["random"];
  readonly loop: Host["loop"];
  readonly network: Host["network"];
  readonly disk: Host["disk"];
  readonly crypto: Host["crypto"];
  readonly #open = new Map<object, () => string>();

  constructor(host: Host) {
    this.random = host.random;
    this.loop = host.loop;
    this.disk = host.disk;
    this.crypto = host.crypto;
    this.clock = this.#clock(host.clock);
    this.network = this.#network(host.network);
  }

  /** What is not over, a line each. */
  get left(): readonly string[] {
    return [...this.#open.values()].map((describe) => describe());
  }

  #clock(clock: Host["clock"]): Host["clock"] {
    return {
      monotonic: () => clock.monotonic(),
      wall: () => clock.wall(),
      after: (delayMs, fire) => {
        const key = {};
        const timer = clock.after(delayMs, () => {
          this.#open.delete(key);
          fire();
        });
        const { stack } = new Error("set");
        this.#open.set(key, () => `a timer of ${delayMs} ms, set ${whereOf(stack)}`);
        return {
          cancel: () => {
            this.#open.delete(key);
            timer.cancel();
          },
        };
      },
    };
  }

  #network(network: Host["network"]): Host["network"] {
    return {
      listen: async (url, accept) => {
        const { stack } = new Error("opened");
        const listener = await network.listen(url, (pipe) => this.#pipe(pipe, accept(pipe)));
        const closing: Listener = {
          url: listener.url,
          close: () => {
            this.#open.delete(closing);
            return listener.close();
          },
        };
        this.#open.set(closing, () => `a listener on ${listener.url}, opened ${whereOf(stack)}`);
        return closing;
      },
      connect: (url, handler) => {
        const watched: { pipe: Pipe | null } = { pipe: null };
        const closed = (): void => void (watched.pipe !== null && this.#open.delete(watched.pipe));
        const pipe = network.connect(url, closing(handler, closed));
        watched.pipe = pipe;
        this.#open.set(pipe, () => `a pipe to ${pipe.remote}`);
        return pipe;
      },
    };
  }

  #pipe(pipe: Pipe, handler: PipeHandler): PipeHandler {
    this.#open.set(pipe, () => `a pipe from ${pipe.remote}`);
    return closing(handler, () => void this.#open.delete(pipe));
  }
}

/** The same handler; `closed` is called before its own. */
function closing(handler: PipeHandler, closed: () => void): PipeHandler {
  return {
    open: () => handler.open(),
    frame: (bytes) => handler.frame(bytes),
    closed: (reason) => {
      closed();
      handler.closed(reason);
    },
    drained: () => handler.drained?.(),
  };
}

function whereOf(stack: string | undefined): string {
  const frame = stack
    ?.split("\n")
    .slice(1)
    .find((line) => !ownFrame.test(line));
  return frame === undefined ? "somewhere" : frame.trim();
}

/** Something is left of nodes that were stopped. */
export class LeakError extends Error {
  readonly code = "LEAK";
  readonly leaks: readonly string[];
  constructor(leaks: readonly string[]) {
    super(`left behind after the test:\n${leaks.map((leak) => `  - ${leak}`).join("\n")}`);
    this.name = "LeakError";
    this.leaks = leaks;
  }
}

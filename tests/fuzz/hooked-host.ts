import type { Host, Network, Pipe, PipeHandler } from "@espalier/runtime";

/** What happens to frames on their way: the frames that arrive in the place of one. */
export type FrameHook = (frame: Uint8Array) => readonly Uint8Array[];

/** Where somebody who has the keys reaches into the code that ships. */
export interface Hooks {
  /** What it sends, and what it gets. */
  outgoing: FrameHook;
  incoming: FrameHook;
  /** What it seals, before it does. */
  sealing: (plain: Uint8Array) => Uint8Array;
  /** Whether it is there for whoever connects to it. */
  away: boolean;
  /** How many pipes it had, in all. */
  pipes: number;
}

/**
 * A host on which everything that is sealed, sent or received can be changed. Whatever runs on it says malicious things by the rules of the
 * protocol, whichever these are.
 */
export function hookedHost(host: Host, hooks: Hooks): Host {
  const { clock, random, loop, disk, crypto } = host;
  return {
    clock,
    random,
    loop,
    disk,
    crypto: {
      ...crypto,
      seal: (key, nonce, associated, plain) => crypto.seal(key, nonce, associated, hooks.sealing(plain)),
    },
    network: hookedNetwork(host.network, hooks),
  };
}

const nobody: PipeHandler = { open() {}, frame() {}, closed() {} };

function hookedNetwork(network: Network, hooks: Hooks): Network {
  return {
    listen: (url, accept) =>
      network.listen(url, (pipe) => {
        hooks.pipes += 1;
        if (!hooks.away) return hookedHandler(accept(hookedPipe(pipe, hooks)), hooks);
        pipe.close("nobody is here");
        return nobody;
      }),
    connect: (url, handler) => {
      hooks.pipes += 1;
      return hookedPipe(network.connect(url, hookedHandler(handler, hooks)), hooks);
    },
  };
}

function hookedPipe(pipe: Pipe, hooks: Hooks): Pipe {
  return {
    remote: pipe.remote,
    get queuedBytes() {
      return pipe.queuedBytes;
    },
    send(frame) {
      for (const sent of hooks.outgoing(frame.slice())) pipe.send(sent);
    },
    close: (reason) => pipe.close(reason),
  };
}

function hookedHandler(handler: PipeHandler, hooks: Hooks): PipeHandler {
  return {
    open: () => handler.open(),
    frame(bytes) {
      for (const arriving of hooks.incoming(bytes)) handler.frame(arriving);
    },
    closed: (reason) => handler.closed(reason),
    drained: () => handler.drained?.(),
  };
}

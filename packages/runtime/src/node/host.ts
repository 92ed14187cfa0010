import { randomFillSync } from "node:crypto";
import type { Clock, Host, Loop, Network, Random } from "../host.ts";
import { nodeCrypto } from "./crypto.ts";
import { nodeDisk } from "./disk.ts";

/** What the machine cannot decide by itself. */
export interface NodeHostOptions {
  /** How nodes reach each other: `webSocketNetwork()` of `@espalier/wire/node`. Without it, using the network is an error. */
  readonly network?: Network;
}

/** The real world, as Node gives it. */
export function nodeHost(options: NodeHostOptions = {}): Host {
  const { network = noNetwork } = options;
  return { clock, random, loop, network, disk: nodeDisk, crypto: nodeCrypto };
}

/** Node cuts longer delays to one millisecond. */
const delayMsMax = 2 ** 31 - 1;

const clock: Clock = {
  monotonic: () => performance.now(),
  wall: () => Date.now(),
  after(delayMs, fire) {
    // Node's timers may fire up to a millisecond early, and the port promises never.
    const dueMs = performance.now() + delayMs;
    let timeout: NodeJS.Timeout;
    const check = (): void => {
      const leftMs = dueMs - performance.now();
      if (leftMs <= 0) fire();
      else timeout = setTimeout(check, Math.min(Math.ceil(leftMs), delayMsMax));
    };
    timeout = setTimeout(check, Math.min(Math.ceil(delayMs), delayMsMax));
    return { cancel: () => clearTimeout(timeout) };
  },
};

const random: Random = {
  bytes: (count) => randomFillSync(new Uint8Array(count)),
  unit: () => Math.random(),
};

const loop: Loop = {
  // Timers, then input, then this: a busy scheduler starves neither.
  soon: (task) => void setImmediate(task),
  // The poll phase, in which input is read, lies between two check phases.
  afterInput: (task) => void setImmediate(() => setImmediate(task)),
};

const noNetwork: Network = {
  listen: (url) => Promise.reject(new Error(`cannot listen on ${url}: ${noNetworkReason}`)),
  connect: (url) => {
    throw new Error(`cannot connect to ${url}: ${noNetworkReason}`);
  },
};
const noNetworkReason =
  "this host has no network; write nodeHost({ network: webSocketNetwork() }), from @espalier/wire/node";

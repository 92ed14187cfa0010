import { channel } from "node:diagnostics_channel";
import type { Host, Network } from "../host.ts";
import { nodeClock } from "./clock.ts";
import { nodeCrypto } from "./crypto.ts";
import { nodeDisk } from "./disk.ts";
import { nodeLoop } from "./loop.ts";
import { nodeRandom } from "./random.ts";

export interface NodeHostOptions {
  /** How to reach other machines: `webSocketNetwork` of `@espalier/wire/node` is one way. */
  readonly network?: Network;
}

/** The real host on Node.js. Without a network it cannot listen or connect, and says so when asked. */
export function nodeHost(options: NodeHostOptions = {}): Host {
  return {
    clock: nodeClock,
    random: nodeRandom,
    loop: nodeLoop,
    network: options.network ?? noNetwork,
    disk: nodeDisk,
    crypto: nodeCrypto,
    diagnostics: { channel },
  };
}

const missing =
  "this host has no network: give nodeHost one, such as that of @espalier/wire/node, or start nodes with the package espalier";

const noNetwork: Network = {
  listen: (url) => Promise.reject(new Error(`listen ${url}: ${missing}`)),
  connect(url) {
    throw new Error(`connect ${url}: ${missing}`);
  },
};

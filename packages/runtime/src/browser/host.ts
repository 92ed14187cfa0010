import type { Disk, Host, Network } from "../host.ts";
import { portableCrypto } from "../portable/crypto.ts";
import { browserClock } from "./clock.ts";
import { browserLoop } from "./loop.ts";
import { browserRandom } from "./random.ts";

export interface BrowserHostOptions {
  /** How to reach other machines: `webSocketNetwork` of `@espalier/wire/browser` is one way. */
  readonly network?: Network;
  /** What keeps files, under their paths: nothing unless given. A page that has one can have a `data` directory. */
  readonly disk?: Disk;
}

/**
 * The real host of a page, or of a worker of one: web standards alone, and cryptography in JavaScript. Without a network it cannot connect,
 * and without a disk it keeps nothing; both say so when asked.
 */
export function browserHost(options: BrowserHostOptions = {}): Host {
  return {
    clock: browserClock,
    random: browserRandom,
    loop: browserLoop(),
    network: options.network ?? noNetwork,
    disk: options.disk ?? noDisk,
    crypto: portableCrypto,
  };
}

const networkMissing =
  "this host has no network: give browserHost one, such as that of @espalier/wire/browser, or start nodes with espalier/browser";

const noNetwork: Network = {
  listen: (url) => Promise.reject(new Error(`listen ${url}: ${networkMissing}`)),
  connect(url) {
    throw new Error(`connect ${url}: ${networkMissing}`);
  },
};

const diskMissing =
  "a page has no disk: leave `data` away, keep an identity by its text, or give browserHost a `disk` of your own";

function refuse(what: string, path: string): Promise<never> {
  return Promise.reject(new Error(`${what} ${path}: ${diskMissing}`));
}

const noDisk: Disk = {
  read: (path) => refuse("read", path),
  write: (path) => refuse("write", path),
  list: (path) => refuse("list", path),
  remove: (path) => refuse("remove", path),
  lock: (path) => refuse("lock", path),
};

import type { Clock, Disk, Host, Listener, Network } from "@espalier/runtime";
import { nodeHost } from "@espalier/runtime/node";
import { webSocketNetwork } from "@espalier/wire/node";
import path from "node:path";
import { MachineClock } from "../../world/machine-clock.ts";
import type { Start } from "./protocol.ts";
import { loopback } from "./proxied-connection.ts";
import { machineMs, RealTime } from "./real-time.ts";

/** Clocks that others can make run wrong. */
export class AdjustableClock implements Clock {
  /** How far the wall clock is ahead of that of the machine. */
  wallAheadMs: number;
  readonly machine: MachineClock;
  readonly #time: RealTime;
  /** What wall clocks showed when the time of the world began. */
  readonly #originWallMs: number;

  constructor({ tempo, rate, wallAheadMs }: Pick<Start, "tempo" | "rate" | "wallAheadMs">) {
    this.#time = new RealTime(tempo);
    this.#originWallMs = Date.now() - (machineMs() - tempo.originMs);
    this.machine = new MachineClock(this.#time);
    this.machine.rate = rate;
    this.wallAheadMs = wallAheadMs;
  }

  monotonic(): number {
    return this.machine.nowMs;
  }

  wall(): number {
    // Slowed down with everything else: a wall clock that outruns the monotonic one would look like a machine that slept.
    return this.#originWallMs + this.#time.nowMs + this.wallAheadMs;
  }

  after(delayMs: number, fire: () => void): ReturnType<Clock["after"]> {
    if (!(delayMs >= 0)) throw new RangeError(`delayMs: expected at least 0, got ${delayMs}`);
    const timer = this.machine.after(delayMs, fire);
    return { cancel: () => this.machine.cancel(timer) };
  }
}

/** Who is told where this node really listens. */
export interface Listening {
  listening(port: number): void;
  closed(): void;
}

/** The real host of a node of a scenario, but for its clocks, its files and the addresses of its peers, which are those of the scenario. */
export function childHost(start: Start, clock: Clock, listening: Listening): Host {
  return { ...nodeHost({ network: symbolicNetwork(start, listening) }), clock, disk: directoryDisk(start.directory) };
}

/** Addresses are those of the scenario, such as `ws://b:7000`; what is behind them is a proxy for this node and that one. */
function symbolicNetwork({ node, peers }: Start, listening: Listening): Network {
  const real = webSocketNetwork();
  const urlOf = (name: string): string | undefined => peers.find((peer) => peer.name === name)?.url;
  return {
    listen: async (url, accept): Promise<Listener> => {
      const own = urlOf(node) as string;
      if (hostOf(url) !== hostOf(own)) {
        throw new Error(`listen ${url}: in a world of processes the node ${node} can listen on ${own} alone`);
      }
      const listener = await real.listen(`ws://${loopback}:0`, accept);
      listening.listening(Number(new URL(listener.url).port));
      return {
        url: own,
        close: () => {
          listening.closed();
          return listener.close();
        },
      };
    },
    connect: (url, handler) => {
      const peer = peers.find((peer) => peer.url === url.replace(/\/$/, ""));
      // A port that nobody listens on: the error is that of a machine that is not there.
      const port = peer?.port ?? 1;
      return real.connect(`ws://${loopback}:${port}`, handler);
    },
  };
}

function hostOf(url: string): string {
  return URL.parse(url)?.host ?? url;
}

/** Files by their path, all in one directory. */
function directoryDisk(directory: string): Disk {
  const { disk } = nodeHost();
  const fileOf = (file: string): string => path.join(directory, encodeURIComponent(file));
  return {
    read: (file) => disk.read(fileOf(file)),
    write: (file, bytes, options) => disk.write(fileOf(file), bytes, options),
    list: async (inside) => {
      const start = inside.endsWith("/") ? inside : `${inside}/`;
      const files = (await disk.list(directory)).map((file) => decodeURIComponent(file));
      return files
        .filter((file) => file.startsWith(start))
        .map((file) => file.slice(start.length))
        .filter((name) => !name.includes("/"));
    },
    remove: (file) => disk.remove(fileOf(file)),
    lock: (file) => disk.lock(fileOf(file)),
  };
}

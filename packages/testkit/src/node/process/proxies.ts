import { createServer, type AddressInfo, type Server } from "node:net";
import type { Applied, Direction, Tally } from "../../fault/controls.ts";
import { Links } from "../../network/links.ts";
import type { Parcel } from "../../network/pipe.ts";
import type { KeyedRandom } from "../../world/random.ts";
import type { Timing } from "../../world/timing.ts";
import { loopback, ProxiedConnection } from "./proxied-connection.ts";

export interface ProxiesOptions {
  readonly nodes: readonly string[];
  readonly timing: Timing;
  readonly random: KeyedRandom;
  /** The local port of a node; null while it does not listen. */
  readonly portOf: (node: string) => number | null;
}

/**
 * What is between nodes that are processes of this machine: for each that connects to another one a port of its own, so that it is known who
 * sends what to whom. The lanes, links and tamperers are those of the simulated network, at real times.
 */
export class Proxies {
  readonly #options: ProxiesOptions;
  readonly #timing: Timing;
  readonly #servers = new Map<string, Server>();
  /** What begins on all pipes of a direction alike. */
  readonly links: Links;
  readonly #connections = new Set<ProxiedConnection>();
  #isClosed = false;

  constructor(options: ProxiesOptions) {
    const { timing } = options;
    this.#options = options;
    this.#timing = {
      get nowMs() {
        return timing.nowMs;
      },
      // What is not late goes through at once: a timer would cost a millisecond each time.
      at: (atMs, run) => {
        if (atMs > timing.nowMs) return timing.at(atMs, run);
        run();
        return { atMs, serial: 0, run: null };
      },
      after: (delayMs, run) => timing.after(delayMs, run),
      cancel: (appointment) => timing.cancel(appointment),
    };
    // What a real machine takes is not nothing.
    this.links = new Links(this.#timing, options.random, { latencyMs: 0, jitterMs: 0 });
  }

  /** Opens a port for each direction. */
  async open(): Promise<void> {
    const { nodes } = this.#options;
    const directions = nodes.flatMap((from) => nodes.filter((to) => to !== from).map((to): Direction => [from, to]));
    await Promise.all(directions.map(([from, to]) => this.#listen(from, to)));
  }

  /** The port by which `from` reaches `to`. */
  port(from: string, to: string): number | null {
    const server = this.#servers.get(keyOf(from, to));
    return server === undefined ? null : (server.address() as AddressInfo).port;
  }

  /** Breaks every connection, and gives back every port. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const connection of this.#connections) connection.break();
    const closing = [...this.#servers.values()].map((server) => new Promise((resolve) => server.close(resolve)));
    await Promise.all(closing);
  }

  stall([from, to]: Direction): Applied {
    const tally: Tally = { effective: 0 };
    const lanes = this.#between(from, to).map((connection) => connection.laneFrom(from));
    for (const lane of lanes) lane.stall(tally);
    return {
      tally,
      end: () => {
        for (const lane of lanes) lane.resume(tally);
      },
    };
  }

  cut(a: string, b: string): Tally {
    const connections = this.#between(a, b);
    for (const connection of connections) connection.break();
    return { effective: connections.length };
  }

  loseTail([from, to]: Direction, frames: number): Applied {
    const tally: Tally = { effective: 0 };
    const ends = this.#between(from, to).map((connection) => {
      const lane = connection.laneFrom(from);
      let lost = 0;
      let isBroken = false;
      const loss = ({ type }: Parcel): void => {
        lost += 1;
        if (type === "frame") tally.effective += 1;
        if (lost < frames || isBroken) return;
        isBroken = true;
        connection.break();
      };
      lane.lose(loss);
      return () => {
        if (lost === 0) lane.keep(loss);
        else if (!isBroken) connection.break();
      };
    });
    return { tally, end: () => ends.forEach((end) => end()) };
  }

  halfOpen([kept, gone]: Direction): Applied {
    const connections = this.#between(kept, gone).filter(({ isOpen }) => isOpen);
    for (const connection of connections) {
      for (const lane of [connection.there, connection.back]) lane.lose(() => {});
      connection.breakFor(gone);
    }
    return {
      tally: { effective: connections.length },
      end: () => {
        for (const connection of connections) connection.breakFor(kept);
      },
    };
  }

  #listen(from: string, to: string): Promise<void> {
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      if (this.#isClosed) return void socket.destroy();
      const connection = new ProxiedConnection(from, to, socket, {
        timing: this.#timing,
        links: { there: this.links.link(from, to), back: this.links.link(to, from) },
        readers: { there: this.links.reader(to), back: this.links.reader(from) },
        target: () => (this.links.refuses(to) ? null : this.#options.portOf(to)),
        forget: () => void this.#connections.delete(connection),
      });
      this.#connections.add(connection);
    });
    this.#servers.set(keyOf(from, to), server);
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(0, loopback, () => resolve());
    });
  }

  #between(a: string, b: string): readonly ProxiedConnection[] {
    return [...this.#connections].filter(({ from, to }) => (from === a && to === b) || (from === b && to === a));
  }
}

function keyOf(from: string, to: string): string {
  return `${from}>${to}`;
}

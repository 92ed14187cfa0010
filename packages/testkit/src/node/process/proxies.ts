import { createServer, type AddressInfo, type Server } from "node:net";
import type { Applied, Direction, Slowness, Tally, Tampering } from "../../fault/controls.ts";
import { Bottleneck } from "../../network/bottleneck.ts";
import { Link } from "../../network/link.ts";
import { Recorder, Tamperer } from "../../network/tamperer.ts";
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
  readonly #links = new Map<string, Link>();
  readonly #readers = new Map<string, Bottleneck>();
  readonly #recorder = new Recorder();
  readonly #refusals = new Map<Tally, string>();
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

  block(directions: readonly Direction[]): Applied {
    const tally: Tally = { effective: 0 };
    const links = directions.map(([from, to]) => this.#link(from, to));
    for (const link of links) link.block(tally);
    return {
      tally,
      end: () => {
        for (const link of links) link.unblock(tally);
      },
    };
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

  refuse(node: string): Applied {
    const tally: Tally = { effective: 0 };
    this.#refusals.set(tally, node);
    return { tally, end: () => void this.#refusals.delete(tally) };
  }

  slow([from, to]: Direction, slowness: Slowness): Applied {
    const tally: Tally = { effective: 0 };
    const link = this.#link(from, to);
    link.slow(tally, slowness);
    return { tally, end: () => link.hasten(tally) };
  }

  throttle([from, to]: Direction, bytesPerSecond: number): Applied {
    return limit(this.#link(from, to).line, bytesPerSecond);
  }

  readSlowly(node: string, bytesPerSecond: number): Applied {
    return limit(this.#reader(node), bytesPerSecond);
  }

  tamper([from, to]: Direction, tampering: Tampering): Applied {
    const tally: Tally = { effective: 0 };
    const { tamperers } = this.#link(from, to);
    const random = this.#options.random.stream(`${tampering.type}:${tampering.nth}:${from}>${to}`);
    const tamperer = new Tamperer(tampering, tally, random, this.#recorder);
    this.#recorder.begin();
    tamperers.add(tamperer);
    return {
      tally,
      end: () => {
        tamperers.delete(tamperer);
        this.#recorder.end();
      },
    };
  }

  #listen(from: string, to: string): Promise<void> {
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      if (this.#isClosed) return void socket.destroy();
      const connection = new ProxiedConnection(from, to, socket, {
        timing: this.#timing,
        links: { there: this.#link(from, to), back: this.#link(to, from) },
        readers: { there: this.#reader(to), back: this.#reader(from) },
        target: () => (this.#refuses(to) ? null : this.#options.portOf(to)),
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

  /** Every fault by which it does so has bitten. */
  #refuses(node: string): boolean {
    const refusing = [...this.#refusals].filter(([, name]) => name === node);
    for (const [tally] of refusing) tally.effective += 1;
    return refusing.length > 0;
  }

  #between(a: string, b: string): readonly ProxiedConnection[] {
    return [...this.#connections].filter(({ from, to }) => (from === a && to === b) || (from === b && to === a));
  }

  #link(from: string, to: string): Link {
    const key = keyOf(from, to);
    let link = this.#links.get(key);
    if (link === undefined) {
      link = new Link(this.#timing, this.#options.random.stream(`link:${key}`), this.#recorder);
      // What a real machine takes is not nothing.
      link.set({ latencyMs: 0, jitterMs: 0 });
      this.#links.set(key, link);
    }
    return link;
  }

  #reader(node: string): Bottleneck {
    let reader = this.#readers.get(node);
    if (reader === undefined) {
      reader = new Bottleneck(this.#timing);
      this.#readers.set(node, reader);
    }
    return reader;
  }
}

function limit(bottleneck: Bottleneck, bytesPerSecond: number): Applied {
  const tally: Tally = { effective: 0 };
  bottleneck.limit(tally, bytesPerSecond);
  return { tally, end: () => bottleneck.lift(tally) };
}

function keyOf(from: string, to: string): string {
  return `${from}>${to}`;
}

import type { Applied, Direction, Slowness, Tally, Tampering } from "../fault/controls.ts";
import type { KeyedRandom } from "../world/random.ts";
import type { Timing } from "../world/timing.ts";
import { Bottleneck } from "./bottleneck.ts";
import { Link, type LinkOptions } from "./link.ts";
import { Recorder, Tamperer } from "./tamperer.ts";

/**
 * What is between the nodes of a world, whatever carries it: a link for each direction, how fast each node reads, and who takes no
 * connections. Here begin the faults that strike all pipes of a direction alike, those to come included.
 */
export class Links {
  readonly #timing: Timing;
  readonly #random: KeyedRandom;
  readonly #options: LinkOptions;
  readonly #links = new Map<string, Link>();
  readonly #readers = new Map<string, Bottleneck>();
  readonly #recorder = new Recorder();
  /** The faults by which a node refuses who connects to it. */
  readonly #refusals = new Map<Tally, string>();

  /** @param options what links are like at first. */
  constructor(timing: Timing, random: KeyedRandom, options: LinkOptions = {}) {
    this.#timing = timing;
    this.#random = random;
    this.#options = options;
  }

  /** What `from` sends to `to`. */
  link(from: string, to: string): Link {
    const name = `${from}>${to}`;
    let link = this.#links.get(name);
    if (link === undefined) {
      link = new Link(this.#timing, this.#random.stream(`link:${name}`), this.#recorder);
      link.set(this.#options);
      this.#links.set(name, link);
    }
    return link;
  }

  /** How fast a node reads. */
  reader(node: string): Bottleneck {
    let reader = this.#readers.get(node);
    if (reader === undefined) {
      reader = new Bottleneck(this.#timing);
      this.#readers.set(node, reader);
    }
    return reader;
  }

  /** Whether a node takes no connections: every fault by which it does so has bitten then. */
  refuses(node: string): boolean {
    const refusing = [...this.#refusals].filter(([, name]) => name === node);
    for (const [tally] of refusing) tally.effective += 1;
    return refusing.length > 0;
  }

  block(directions: readonly Direction[]): Applied {
    const tally: Tally = { effective: 0 };
    const links = directions.map(([from, to]) => this.link(from, to));
    for (const link of links) link.block(tally);
    return {
      tally,
      end: () => {
        for (const link of links) link.unblock(tally);
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
    const link = this.link(from, to);
    link.slow(tally, slowness);
    return { tally, end: () => link.hasten(tally) };
  }

  throttle([from, to]: Direction, bytesPerSecond: number): Applied {
    return limit(this.link(from, to).line, bytesPerSecond);
  }

  readSlowly(node: string, bytesPerSecond: number): Applied {
    return limit(this.reader(node), bytesPerSecond);
  }

  tamper([from, to]: Direction, tampering: Tampering): Applied {
    const tally: Tally = { effective: 0 };
    const { tamperers } = this.link(from, to);
    const random = this.#random.stream(`${tampering.type}:${tampering.nth}:${from}>${to}`);
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
}

function limit(bottleneck: Bottleneck, bytesPerSecond: number): Applied {
  const tally: Tally = { effective: 0 };
  bottleneck.limit(tally, bytesPerSecond);
  return { tally, end: () => bottleneck.lift(tally) };
}

import type { Listener, Network, Pipe, PipeHandler } from "@espalier/runtime";
import type { Life } from "../world/life.ts";
import type { Applied, Direction, Slowness, Tally, Tampering } from "../fault/controls.ts";
import { breakConnection, halfOpen, loseTail, type Connection } from "./connection.ts";
import type { Link, LinkOptions } from "./link.ts";
import { Links } from "./links.ts";
import type { Machine } from "../world/machine.ts";
import { End, Lane, type Parcel } from "./pipe.ts";
import type { KeyedRandom } from "../world/random.ts";
import type { Strand } from "../world/strand.ts";
import type { Timeline } from "../world/timeline.ts";

export interface PartitionOptions {
  /** Only what the first sends to the second is held back. */
  readonly oneWay?: boolean;
}

/** Who listens at an address. */
interface Listening {
  readonly life: Life;
  readonly accept: (pipe: Pipe) => PipeHandler;
}

/** Ports that machines give out by themselves begin here. */
const portMin = 20_000;

/**
 * The network between the machines of a world: pipes that are late, held back, tampered with, or broken. It never loses or reorders a frame of
 * a pipe that stays open, as TCP does not; a partition holds back everything, closing included, and delivers it when it is healed.
 */
export class SimulatedNetwork {
  readonly #timeline: Timeline;
  readonly #machines: ReadonlyMap<string, Machine>;
  readonly #listening = new Map<string, Listening>();
  readonly #links: Links;
  readonly #connections = new Set<Connection>();
  #port = portMin;
  #strands = 0;

  constructor(timeline: Timeline, random: KeyedRandom, machines: ReadonlyMap<string, Machine>) {
    this.#timeline = timeline;
    this.#machines = machines;
    this.#links = new Links(timeline, random);
  }

  /** How many pipes there are. */
  get pipes(): number {
    return this.#connections.size;
  }

  /** Sets how long what `from` sends to `to` takes from now on. */
  setLink(from: string, to: string, options: LinkOptions): void {
    this.#link(from, to).set(options);
  }

  /** Nothing gets from `a` to `b`, nor back unless `oneWay`, until it is ended or healed. Effective: for each thing that was held back. */
  partition(a: string, b: string, { oneWay = false }: PartitionOptions = {}): Applied {
    const forth: Direction = [a, b];
    return this.block(oneWay ? [forth] : [forth, [b, a]]);
  }

  /** The same for any directions at once. */
  block(directions: readonly Direction[]): Applied {
    for (const direction of directions) this.#check(direction);
    const applied = this.#links.block(directions);
    this.#timeline.tell("network", `nothing gets through: ${show(directions)}`);
    return {
      tally: applied.tally,
      end: () => {
        applied.end();
        this.#timeline.tell("network", `open again: ${show(directions)}`);
      },
    };
  }

  /** What `from` sends to `to` over the pipes that there are is held back; new ones work. Effective: for each thing held back. */
  stall(from: string, to: string): Applied {
    const tally: Tally = { effective: 0 };
    const lanes = this.#between(from, to).map((pipe) => (pipe.from === from ? pipe.there : pipe.back));
    for (const lane of lanes) lane.stall(tally);
    this.#timeline.tell("network", `the pipes from ${from} to ${to} are stalled`);
    return {
      tally,
      end: () => {
        for (const lane of lanes) lane.resume(tally);
        this.#timeline.tell("network", `the pipes from ${from} to ${to} go on`);
      },
    };
  }

  /** Ends every partition and stall between the two, both ways. Effective: for each direction that had one. */
  heal(a: string, b: string): Tally {
    const lanes = this.#between(a, b).flatMap(({ there, back }) => [there, back]);
    const healed = [
      ...[this.#link(a, b), this.#link(b, a)].map((link) => link.unblock()),
      ...lanes.map((lane) => lane.resume()),
    ];
    this.#timeline.tell("network", `${a} and ${b} are healed`);
    return { effective: healed.filter(Boolean).length };
  }

  /** Breaks every pipe between the two: what is under way is lost, and both ends see it closed. Effective: for each pipe. */
  cut(a: string, b: string): Tally {
    const connections = this.#between(a, b);
    this.#timeline.tell("network", `${connections.length} pipes between ${a} and ${b} are cut`);
    for (const connection of connections) breakConnection(connection);
    return { effective: connections.length };
  }

  /**
   * What `from` sends to `to` over the pipes that there are is lost, and each of them breaks for both ends once `frames` were, or at the end
   * if any was. Effective: for each frame.
   */
  loseTail(from: string, to: string, frames: number): Applied {
    const applied = loseTail(this.#between(from, to), from, frames);
    this.#timeline.tell("network", `the pipes from ${from} to ${to} lose what is sent`);
    return {
      tally: applied.tally,
      end: () => {
        applied.end();
        this.#timeline.tell("network", `the pipes from ${from} to ${to} lose nothing any more`);
      },
    };
  }

  /** `gone` has lost its end of every pipe to `kept`, which is not told before the end. Effective: for each pipe. */
  halfOpen(kept: string, gone: string): Applied {
    const applied = halfOpen(this.#between(kept, gone), kept);
    this.#timeline.tell("network", `${gone} has lost ${applied.tally.effective} pipes, and ${kept} does not know`);
    return applied;
  }

  /** Whoever connects to `machine` is refused. Effective: for each attempt. */
  refuse(machine: string): Applied {
    const applied = this.#links.refuse(machine);
    this.#timeline.tell("network", `${machine} refuses connections`);
    return {
      tally: applied.tally,
      end: () => {
        applied.end();
        this.#timeline.tell("network", `${machine} takes connections again`);
      },
    };
  }

  /** Adds to how long everything takes from `from` to `to`. Effective: for each thing that was late for it. */
  slow(from: string, to: string, slowness: Slowness): Applied {
    return this.#links.slow(this.#check([from, to]), slowness);
  }

  /** Limits what gets from `from` to `to`, all pipes together. Effective: for each thing that had to take its turn. */
  throttle(from: string, to: string, bytesPerSecond: number): Applied {
    return this.#links.throttle(this.#check([from, to]), bytesPerSecond);
  }

  /** Limits how fast `machine` reads what arrives. Effective: for each thing that waited. */
  readSlowly(machine: string, bytesPerSecond: number): Applied {
    return this.#links.readSlowly(machine, bytesPerSecond);
  }

  /** Changes one frame that `from` sends to `to`, or adds one. Effective: 1. */
  tamper(from: string, to: string, tampering: Tampering): Applied {
    return this.#links.tamper(this.#check([from, to]), tampering);
  }

  /** The network as one process sees it. */
  of(life: Life): Network {
    return {
      listen: (url, accept) => this.#listen(life, url, accept),
      connect: (url, handler) => this.#connect(life, url, handler),
    };
  }

  #listen(life: Life, url: string, accept: (pipe: Pipe) => PipeHandler): Promise<Listener> {
    const address = URL.parse(url);
    if (address?.protocol !== "ws:") {
      return Promise.reject(new TypeError(`listen: expected ws://host:port, got ${JSON.stringify(url)}`));
    }
    if (address.port === "0") address.port = String(++this.#port);
    // Whatever the process calls its machine: the others know it by its name.
    const taken = addressOf(life.machine.name, address.port);
    if (this.#listening.has(taken)) {
      return Promise.reject(new Error(`listen ${taken}: the address is in use`));
    }
    const listening: Listening = { life, accept };
    this.#listening.set(taken, listening);
    const close = (): void => {
      if (this.#listening.get(taken) === listening) this.#listening.delete(taken);
      life.onEnd.delete(close);
    };
    life.onEnd.add(close);
    return Promise.resolve({ url: taken, close: () => Promise.resolve(close()) });
  }

  #connect(life: Life, url: string, handler: PipeHandler): Pipe {
    const near = new End(life, url, (end) => this.#forgetNear(end));
    near.handler = handler;
    const address = URL.parse(url);
    const target = address === null ? undefined : this.#machines.get(address.hostname);
    if (address === null || target === undefined) {
      near.close(`connect ${url}: there is no such machine`);
      return near;
    }
    const from = life.machine.name;
    const to = target.name;
    const connection: Connection = {
      from,
      to,
      near,
      far: null,
      there: new Lane({
        timeline: this.#timeline,
        link: this.#link(from, to),
        strand: this.#strand(from, to),
        reader: this.#links.reader(to),
        arrive: (parcel) => this.#arrived(connection, address.port, parcel),
        left: (bytes) => near.left(bytes),
      }),
      back: new Lane({
        timeline: this.#timeline,
        link: this.#link(to, from),
        strand: this.#strand(to, from),
        reader: this.#links.reader(from),
        arrive: (parcel) => near.arrive(parcel),
        left: (bytes) => connection.far?.left(bytes),
      }),
    };
    near.lane = connection.there;
    this.#connections.add(connection);
    connection.there.push({ type: "connect" });
    return near;
  }

  #strand(from: string, to: string): Strand {
    this.#strands += 1;
    return { label: `${from}>${to} ${this.#strands}`, machine: to };
  }

  /** Something of the end that connected is here. */
  #arrived(connection: Connection, port: string, parcel: Parcel): void {
    if (parcel.type === "connect") this.#accept(connection, port);
    else connection.far?.arrive(parcel);
  }

  #accept(connection: Connection, port: string): void {
    const { from, to, back } = connection;
    const url = addressOf(to, port);
    const listening = this.#listening.get(url);
    if (this.#links.refuses(to)) {
      back.push({ type: "closed", reason: `connect ${url}: the connection was refused` });
      return;
    }
    if (listening === undefined) {
      back.push({ type: "closed", reason: `connect ${url}: nothing listens there` });
      return;
    }
    const { life, accept } = listening;
    // The machine has the connection from now on, and closes it if the process dies before it ever looks.
    const far = new End(life, `${from}:${++this.#port}`, () => this.#forget(connection));
    far.lane = back;
    connection.far = far;
    life.machine.perform({
      life,
      kind: "input",
      what: "accept",
      run: () => {
        if (far.isClosed) return;
        far.handler = accept(far);
        far.handler.open();
        if (!far.isClosed) back.push({ type: "open" });
      },
    });
  }

  #forgetNear(end: End): void {
    for (const connection of this.#connections) if (connection.near === end) this.#forget(connection);
  }

  /** Once both ends are closed there is no pipe any more. */
  #forget(connection: Connection): void {
    if (connection.near.isClosed && connection.far?.isClosed !== false) this.#connections.delete(connection);
  }

  #between(a: string, b: string): Connection[] {
    return [...this.#connections].filter(({ from, to }) => (from === a && to === b) || (from === b && to === a));
  }

  #link(from: string, to: string): Link {
    return this.#links.link(...this.#check([from, to]));
  }

  #check(direction: Direction): Direction {
    for (const machine of direction) {
      if (!this.#machines.has(machine)) throw new RangeError(`machine: expected one of this world, got ${machine}`);
    }
    return direction;
  }
}

function addressOf(machine: string, port: string): string {
  return port === "" ? `ws://${machine}` : `ws://${machine}:${port}`;
}

function show(directions: readonly Direction[]): string {
  return directions.map(([from, to]) => `${from} > ${to}`).join(", ");
}

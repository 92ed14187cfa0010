import type { Listener, Network, Pipe, PipeHandler } from "@espalier/runtime";
import type { Life } from "../world/life.ts";
import type { Applied, Direction, Tally } from "../fault/controls.ts";
import { Link, type LinkOptions } from "./link.ts";
import type { Machine } from "../world/machine.ts";
import { End, Lane, type Parcel } from "./pipe.ts";
import type { KeyedRandom } from "../world/random.ts";
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

/** A pipe as the network sees it. */
interface Connection {
  readonly from: string;
  readonly to: string;
  readonly near: End;
  /** Null until it was accepted. */
  far: End | null;
  /** What `from` sends, and what `to` does. */
  readonly there: Lane;
  readonly back: Lane;
}

/** Ports that machines give out by themselves begin here. */
const portMin = 20_000;

/**
 * The network between the machines of a world: pipes that are late, held back, or cut. It never loses or reorders a frame of a pipe that
 * stays open, as TCP does not; a partition holds back everything, closing included, and delivers it when it is healed.
 */
export class SimulatedNetwork {
  readonly #timeline: Timeline;
  readonly #random: KeyedRandom;
  readonly #machines: ReadonlyMap<string, Machine>;
  readonly #listening = new Map<string, Listening>();
  readonly #links = new Map<string, Link>();
  readonly #connections = new Set<Connection>();
  #port = portMin;

  constructor(timeline: Timeline, random: KeyedRandom, machines: ReadonlyMap<string, Machine>) {
    this.#timeline = timeline;
    this.#random = random;
    this.#machines = machines;
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
    const tally: Tally = { effective: 0 };
    const links = directions.map(([from, to]) => this.#link(from, to));
    for (const link of links) link.block(tally);
    this.#timeline.tell("network", `nothing gets through: ${show(directions)}`);
    return {
      tally,
      end: () => {
        for (const link of links) link.unblock(tally);
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
    for (const { near, far, there, back } of connections) {
      there.clear();
      back.clear();
      near.cut("the connection was cut");
      far?.cut("the connection was cut");
    }
    return { effective: connections.length };
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
      there: new Lane(
        this.#timeline,
        this.#link(from, to),
        (parcel) => this.#arrived(connection, address.port, parcel),
        (bytes) => near.left(bytes),
      ),
      back: new Lane(
        this.#timeline,
        this.#link(to, from),
        (parcel) => near.arrive(parcel),
        (bytes) => connection.far?.left(bytes),
      ),
    };
    near.lane = connection.there;
    this.#connections.add(connection);
    connection.there.push({ type: "connect" });
    return near;
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
    const name = `${from}>${to}`;
    let link = this.#links.get(name);
    if (link === undefined) {
      for (const machine of [from, to]) {
        if (!this.#machines.has(machine)) throw new RangeError(`machine: expected one of this world, got ${machine}`);
      }
      link = new Link(this.#random.stream(`link:${name}`));
      this.#links.set(name, link);
    }
    return link;
  }
}

function addressOf(machine: string, port: string): string {
  return port === "" ? `ws://${machine}` : `ws://${machine}:${port}`;
}

function show(directions: readonly Direction[]): string {
  return directions.map(([from, to]) => `${from} > ${to}`).join(", ");
}

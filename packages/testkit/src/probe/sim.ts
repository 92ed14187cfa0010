import type { Crypto, Host, Node, Transport } from "@espalier/runtime";
import { Process } from "espalier";
import { beginFault, checkFaults, type Fault } from "../fault/fault.ts";
import type { Applied } from "../fault/controls.ts";
import type { Invocation } from "../history/history.ts";
import { Recording } from "../history/recording.ts";
import type { SimulatedNetwork } from "../network/network.ts";
import type { Json } from "../scenario/json.ts";
import type { Observation, Observed } from "../scenario/observation.ts";
import type { Peer } from "../scenario/place.ts";
import { SimulatedControls } from "../simulation/controls.ts";
import { Residence, type Surroundings } from "../simulation/residence.ts";
import { startNode, type StartNodeOptions } from "../start-node.ts";
import type { Life } from "../world/life.ts";
import { World, WorldStuckError, type UntilOptions } from "../world/world.ts";
import { Barrier } from "./barrier.ts";
import { LeakError, WatchedHost } from "./leaks.ts";
import { Probe } from "./probe.ts";
import { untilQuiet, type QuiesceOptions } from "./quiet.ts";
import { SimNode } from "./sim-node.ts";
import { Traffic } from "./traffic.ts";

export interface SimOptions extends StartNodeOptions {
  /** What every random number of the cluster comes from: the same seed, the same run. */
  readonly seed: number;
  readonly crypto?: Crypto;
  /** How much may happen in all. Default: 5 million events. */
  readonly eventsMax?: number;
  /**
   * How long nothing must have happened for a cluster to be quiet. Default: 10 s, well beyond the default lease with its drift and delay, and
   * beyond how long anything is said again that was not answered.
   */
  readonly silenceMs?: number;
}

/** A node as it was at a moment. */
export interface SimView {
  readonly nowMs: number;
  readonly nodes: readonly Pick<SimNode, "name" | "state" | "life" | "view">[];
}

/** How long nodes may take to start, or to stop. */
const startMs = 60_000;

/**
 * A cluster of nodes for one test, in one thread under virtual time. Nothing happens by itself: the methods that return promises let time pass,
 * one event after another, and no further than they must. One of them at a time.
 *
 * ```ts
 * import { Sim } from "@espalier/testkit";
 * import { Process } from "espalier";
 *
 * const sim = new Sim({ seed: 1 });
 * const { a, b } = await sim.nodes("a", "b");
 * const probe = sim.probe<string>(b);
 * await sim.until(a.run(Process.send(probe.pid, "hello")));
 * await probe.expect("hello");
 * await sim.stop();
 * ```
 */
export class Sim {
  readonly seed: number;
  readonly world: World;
  readonly history: Recording;
  /** How often each mark was reached: types of events of nodes, names of barriers, and what the test marked itself. */
  readonly marks: ReadonlyMap<string, number>;
  /** What nodes did, oldest first. */
  readonly events: readonly Observed[];
  readonly #marks = new Map<string, number>();
  readonly #events: Observed[] = [];
  readonly #options: StartNodeOptions;
  readonly #silenceMs: number;
  readonly #controls: SimulatedControls;
  readonly #traffic: Traffic;
  readonly #barriers = new Map<string, Barrier>();
  readonly #watched: { readonly life: Life; readonly host: WatchedHost }[] = [];
  /** Of the nodes by name, in the order in which they were named. */
  readonly #residences = new Map<string, Residence<Node, null>>();
  readonly #nodes = new Map<string, SimNode>();
  #stopping: Promise<void> | null = null;

  constructor({ seed, crypto, eventsMax, silenceMs = 10_000, ...options }: SimOptions) {
    if (!(silenceMs > 0 && silenceMs < Infinity)) {
      throw new RangeError(`silenceMs: expected more than 0, got ${silenceMs}`);
    }
    this.seed = seed;
    this.world = new World({
      seed,
      ...(crypto === undefined ? {} : { crypto }),
      ...(eventsMax === undefined ? {} : { eventsMax }),
    });
    this.#options = options;
    this.#silenceMs = silenceMs;
    this.history = new Recording(() => this.world.nowMs);
    this.marks = this.#marks;
    this.events = this.#events;
    this.#traffic = new Traffic(() => this.world.nowMs);
    this.#controls = new SimulatedControls(this.world, {
      restarted: (name) => this.#boot(this.#residence(name)),
      gone: (name) => void (this.#residence(name).isGone = true),
    });
  }

  /** Starts the nodes of the cluster, and links them: they let each other in, and nobody else. Called once, with all of them. */
  async nodes<const Names extends readonly string[]>(...names: Names): Promise<{ [Name in Names[number]]: SimNode }> {
    if (this.#residences.size > 0) {
      throw new Error(
        `nodes: expected all names in one call, got ${names.join(", ")} after ${[...this.#residences.keys()].join(", ")}`,
      );
    }
    if (names.length === 0 || new Set(names).size < names.length) {
      throw new TypeError(`nodes: expected different names, at least one, got ${names.join(", ") || "none"}`);
    }
    for (const name of names) {
      const residence = new Residence<Node, null>(this.world.machine(name), () => null, this.#surroundings());
      this.#residences.set(name, residence);
      this.#nodes.set(name, new SimNode(residence));
    }
    const residences = [...this.#residences.values()];
    for (const residence of residences) this.#boot(residence);
    await this.until(() => residences.every(({ app }) => app !== null), { withinMs: startMs });
    for (const node of this.#nodes.values()) await this.#meet(node);
    return Object.fromEntries(this.#nodes) as { [Name in Names[number]]: SimNode };
  }

  /** @throws RangeError when there is no such node. */
  node(name: string): SimNode {
    this.#residence(name);
    return this.#nodes.get(name) as SimNode;
  }

  // Time

  /** Virtual time, in milliseconds since the beginning. */
  get nowMs(): number {
    return this.world.nowMs;
  }

  /** Lets so much time pass. */
  async advance(durationMs: number): Promise<void> {
    await this.world.run(durationMs);
  }

  /**
   * Lets things happen until the condition holds, the promise is settled, or the mark was reached: exactly so far. A mark that was reached
   * before counts; `times` says how often in all.
   *
   * @throws WorldStuckError when that does not come within the time, one hour unless said.
   */
  until(condition: () => boolean, options?: UntilOptions): Promise<void>;
  until(mark: string, options?: UntilOptions & { readonly times?: number }): Promise<void>;
  until<T>(promise: PromiseLike<T>, options?: UntilOptions): Promise<T>;
  async until(
    what: (() => boolean) | string | PromiseLike<unknown>,
    { times = 1, ...options }: UntilOptions & { readonly times?: number } = {},
  ): Promise<unknown> {
    if (typeof what === "function") return this.world.until(what, options);
    if (typeof what !== "string") return this.world.until(what, options);
    const reached = (): boolean => (this.#marks.get(what) ?? 0) >= times;
    try {
      return await this.world.until(reached, options);
    } catch (error) {
      if (!(error instanceof WorldStuckError)) throw error;
      throw new WorldStuckError(
        `mark ${JSON.stringify(what)}: ${error.message}; reached were ${[...this.#marks.keys()].join(", ") || "none"}`,
      );
    }
  }

  /**
   * Lets things happen until the cluster is quiet: for `silenceMs` no process took a step and no node changed anything; no process waits with a
   * limit, sleeps, or has a message scheduled, and no heartbeat has a deadline; and no message is under way. Signs of life between nodes and
   * attempts to reach one another do not count. What is paused, crashed or behind a partition can do nothing by itself and does not count
   * either. Nobody sees what a process awaits from outside, such as a promise of its host: while it waits it counts as quiet.
   *
   * @throws WorldStuckError naming who is not quiet, when there is no end of it.
   */
  async quiesce(options: QuiesceOptions = {}): Promise<void> {
    await untilQuiet(
      {
        nodes: [...this.#nodes.values()],
        events: this.#events,
        traffic: this.#traffic,
        world: this.world,
        silenceMs: this.#silenceMs,
      },
      options,
    );
  }

  // What happens to machines and networks

  get network(): SimulatedNetwork {
    return this.world.network;
  }

  /** Begins a fault now, whatever its time; ending it puts things right. @throws TypeError or RangeError naming what is wrong with it. */
  begin(fault: Fault): Applied {
    const [checked] = checkFaults([fault], [...this.#residences.keys()]);
    return beginFault(checked as Fault, this.#controls);
  }

  /** The node's process is gone at once. */
  crash(node: SimNode | string): void {
    this.#residence(node).machine.crash();
  }

  /** Starts a node again that crashed, at the same address and with the same key, and waits until it runs and is linked again. */
  async restart(node: SimNode | string, options: { readonly wipe?: boolean } = {}): Promise<void> {
    const residence = this.#residence(node);
    residence.machine.restart(options);
    this.#boot(residence);
    await this.until(() => residence.app !== null, { withinMs: startMs });
    await this.#meet(this.node(residence.name));
  }

  /** The node's process runs nothing until it is resumed; time goes on. */
  pause(node: SimNode | string): void {
    this.#residence(node).machine.pause();
  }

  resume(node: SimNode | string): void {
    this.#residence(node).machine.resume();
  }

  // What a test holds in its hands

  /** A process on a node whose mailbox the test reads. */
  probe<T = unknown>(node: SimNode): Probe<T> {
    return new Probe<T>(node, this);
  }

  /** The barrier of this name: the same one for everybody who asks. */
  barrier(name: string): Barrier {
    let barrier = this.#barriers.get(name);
    if (barrier === undefined) {
      barrier = new Barrier(name, this);
      this.#barriers.set(name, barrier);
    }
    return barrier;
  }

  mark(name: string): void {
    this.#marks.set(name, (this.#marks.get(name) ?? 0) + 1);
  }

  /** The cluster as properties see it. */
  get observation(): Observation<null> {
    return {
      world: "sim",
      seed: this.seed,
      nowMs: this.nowMs,
      phase: "working",
      nodes: [...this.#residences.values()],
      node: (name) => this.#residence(name),
      history: this.history,
      marks: this.#marks,
    };
  }

  /** How everything stands. */
  inspect(): SimView {
    const nodes = [...this.#nodes.values()].map(({ name, state, life, view }) => ({ name, state, life, view }));
    return { nowMs: this.nowMs, nodes };
  }

  /** What happened, in words, oldest first; the last lines of it. */
  story(lines?: number): readonly string[] {
    return this.world.story(lines);
  }

  /** Equal for equal runs. */
  get traceHash(): string {
    return this.world.traceHash;
  }

  /**
   * Stops every node in order, as a program would. Who is paused is resumed for it. Idempotent.
   *
   * @throws LeakError naming what is left of the nodes: processes that do not end, timers, listeners, pipes.
   */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    const running: Node[] = [];
    for (const { machine, app } of this.#residences.values()) {
      machine.resume();
      if (app !== null) running.push(app);
    }
    const stopped = Promise.all(running.map((node) => node.stop()));
    let isStuck = false;
    try {
      await this.world.until(stopped, { withinMs: startMs });
      // What was closed is seen to be closed at the other end, too.
      await this.world.run(1_000);
    } catch (error) {
      if (!(error instanceof WorldStuckError)) throw error;
      isStuck = true;
    }
    const leaks = this.#leaks();
    if (leaks.length > 0) throw new LeakError(leaks);
    if (isStuck) throw new LeakError(["a node that does not stop"]);
  }

  #leaks(): readonly string[] {
    const leaks: string[] = [];
    for (const { name, app, view } of this.#residences.values()) {
      if (app === null) continue;
      for (const { label, pid, waitingFor } of view?.processes ?? []) {
        leaks.push(`${name}: the process ${label} ${pid.toString()}, which waits for ${waitingFor ?? "its turn"}`);
      }
    }
    for (const { life, host } of this.#watched) {
      if (life.isAlive) leaks.push(...host.left.map((what) => `${life.machine.name}: ${what}`));
    }
    return leaks;
  }

  /** The node learns the addresses of those that run, and they its own: a pid alone does not tell where its node is. */
  async #meet({ name, run }: SimNode): Promise<void> {
    const others = [...this.#nodes.values()].filter((other) => other.name !== name && other.state === "running");
    const asked = others.map(({ ref }) => run(Process.whereisAt(ref, "nobody")));
    // Whoever is behind a partition does not answer, and is met later, if at all.
    await this.until(Promise.allSettled(asked), { withinMs: startMs });
  }

  #boot(residence: Residence<Node, null>): void {
    const { life, name } = residence.machine;
    const failed = (error: unknown): void => this.world.tell(name, `did not start: ${String(error)}`);
    // As an event, so that what its code does is done in the node.
    this.world.at(this.nowMs, () => {
      if (!life.isAlive) return;
      residence.machine
        .enter(() => startNode(residence.move(), this.#options))
        .then((node) => residence.booted(life, node), failed);
    });
  }

  #residence(node: SimNode | string): Residence<Node, null> {
    const name = typeof node === "string" ? node : node.name;
    const residence = this.#residences.get(name);
    if (residence === undefined) {
      throw new RangeError(
        `node: expected one of ${[...this.#residences.keys()].join(", ") || "none yet"}, got ${name}`,
      );
    }
    return residence;
  }

  #surroundings(): Surroundings {
    const sim = this;
    return {
      get peers(): readonly Peer[] {
        return [...sim.#residences.values()];
      },
      peer: (name) => this.#residence(name),
      get nowMs() {
        return sim.nowMs;
      },
      invoke: (node: string, client: string, op: string, input: Json): Invocation =>
        this.history.invoke(node, client, op, input),
      mark: (_node, name) => this.mark(name),
      tell: (node, line) => this.world.tell(node, line),
      note: (node, type, digest, describe) => this.world.note(node, type, digest, describe),
      observed: (observed) => void this.#events.push(observed),
      intercept: (node, sessions, clock): Transport =>
        this.#traffic.intercept(this.node(node).ref.id, this.#controls.intercept(node, sessions, clock)),
      equip: (node, host): Host => {
        const watched = new WatchedHost(host);
        this.#watched.push({ life: this.world.machine(node).life, host: watched });
        return watched;
      },
    };
  }
}

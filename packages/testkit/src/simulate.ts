import { NodeRef, type Crypto } from "@espalier/runtime";
import { checkFaults, describeFault, type Fault } from "./fault.ts";
import { describeFailure, type Failure, type FaultOutcome } from "./failure.ts";
import type { Tally } from "./link.ts";
import type { Life } from "./life.ts";
import type { Machine } from "./machine.ts";
import type { Cluster, Property, Scenario, SimulatedNode } from "./scenario.ts";
import { World } from "./world.ts";

export interface SimulateOptions {
  readonly seed: number;
  /** In place of those that the scenario lists or makes: to try a shorter list. */
  readonly faults?: readonly Fault[];
  /** Default: that of Node. Another one must give the same bytes. */
  readonly crypto?: Crypto;
}

/** What came of a run. */
export interface SimulationResult {
  readonly ok: boolean;
  readonly seed: number;
  /** Equal for equal runs. */
  readonly traceHash: string;
  /** Virtual time, from the beginning of the world to the end of the run. */
  readonly virtualMs: number;
  /** How much happened. */
  readonly events: number;
  /** Each fault of the run, and what it did. */
  readonly faults: readonly FaultOutcome[];
  readonly failure?: Failure;
}

/** How long the nodes may take to boot. */
const bootMs = 60_000;

/**
 * Runs a scenario once in a simulated world: boots the nodes, lets the workload and the faults go on for the time of its budget, then puts
 * everything right and waits until all that must hold in the end does. What must always hold is checked after each event.
 *
 * The same seed gives the same run. A failure is a result, whatever failed; only misuse rejects.
 */
export async function simulate<App>(scenario: Scenario<App>, options: SimulateOptions): Promise<SimulationResult> {
  return await new Simulation(scenario, options).run();
}

class Simulation<App> implements Cluster<App> {
  readonly world: World;
  readonly nodes: readonly Place<App>[];
  readonly #scenario: Scenario<App>;
  readonly #seed: number;
  readonly #outcomes: { readonly fault: Fault; applied: boolean; tally: Tally }[];
  /** Of the pause that each machine is in. */
  readonly #pauses = new Map<Machine, Tally>();
  #failure: { readonly property: string; readonly what: string; readonly cause?: unknown } | null = null;

  constructor(scenario: Scenario<App>, { seed, faults: given, crypto }: SimulateOptions) {
    this.#scenario = scenario;
    this.#seed = seed;
    const { virtualMs, events } = scenario.budget;
    this.world = new World({ seed, eventsMax: events, ...(crypto === undefined ? {} : { crypto }) });
    this.nodes = scenario.nodes.map((name) => new Place<App>(this.world.machine(name)));
    const { random } = this.world;
    const faults = given ?? scenario.faults;
    const list = typeof faults === "function" ? faults({ nodes: scenario.nodes, random, virtualMs }) : faults;
    this.#outcomes = checkFaults(list, scenario.nodes).map((fault) => ({
      fault,
      applied: false,
      tally: { effective: 0 },
    }));
  }

  node(name: string): Place<App> {
    const node = this.nodes.find((place) => place.name === name);
    if (node === undefined)
      throw new RangeError(`node: expected one of ${this.#scenario.nodes.join(", ")}, got ${name}`);
    return node;
  }

  async run(): Promise<SimulationResult> {
    const { world } = this;
    try {
      await this.#phases();
    } catch (error) {
      // The world is stuck, or a machine did not catch something.
      this.#fail("runs on", error instanceof Error ? error.message : String(error), error);
    }
    const faults = this.#outcomes.map(({ fault, applied, tally }) => ({ fault, applied, effective: tally.effective }));
    const result = {
      seed: this.#seed,
      traceHash: world.traceHash,
      virtualMs: world.nowMs,
      events: world.events,
      faults,
    };
    if (this.#failure === null) return { ok: true, ...result };
    const failure = { ...this.#failure, atMs: world.nowMs, story: world.story(15) };
    return {
      ok: false,
      ...result,
      failure: { ...failure, text: describeFailure(this.#scenario.name, result, failure) },
    };
  }

  async #phases(): Promise<void> {
    const { world } = this;
    const { virtualMs, settleMs } = this.#scenario.budget;
    const failed = (): boolean => this.#failure !== null;
    for (const node of this.nodes) this.#boot(node);
    await world.until(() => failed() || this.nodes.every(({ app }) => app !== null), { withinMs: bootMs });
    if (failed()) return;
    world.afterEvent = () => {
      if (!failed()) this.#checkAlways();
    };
    world.tell("scenario", "booted");
    const startMs = world.nowMs;
    for (const outcome of this.#outcomes) world.at(startMs + outcome.fault.atMs, () => this.#apply(outcome));
    this.#planOps(startMs);
    await this.#untilOver(virtualMs, failed);
    if (failed()) return;
    this.#heal();
    let wrong: readonly Wrong[] = [];
    await this.#untilOver(settleMs, () => {
      wrong = this.#unsettled();
      return failed() || wrong.length === 0;
    });
    if (failed()) return;
    for (const { property, what } of wrong) this.#fail(property, `${what}, ${settleMs} ms after all was healed`);
  }

  /** Lets that much time pass, or less if it is enough. */
  async #untilOver(durationMs: number, enough: () => boolean): Promise<void> {
    let over = false;
    this.world.at(this.world.nowMs + durationMs, () => (over = true));
    await this.world.until(() => over || enough(), { withinMs: Infinity });
  }

  #boot(node: Place<App>): void {
    const { life } = node.machine;
    const failed = (error: unknown): void => {
      if (life.isAlive) this.#fail("boots", `${node.name}: ${String(error)}`, error);
    };
    try {
      const booting = this.#scenario.boot(node, this);
      Promise.resolve(booting).then((app) => node.booted(life, app), failed);
    } catch (error) {
      failed(error);
    }
  }

  // The workload

  #planOps(startMs: number): void {
    const { world } = this;
    const { ops, budget } = this.#scenario;
    for (const { name, options, run } of ops) {
      const times = world.random.stream(`op:${name}:times`);
      for (let n = 1; n <= options.count; n += 1) {
        const rng = world.random.stream(`op:${name}:${n}`);
        const chosen = rng.unit();
        world.at(startMs + times.between(0, budget.virtualMs), () => {
          const able = this.nodes.filter((node) => node.isReady && (options.on ?? node.name) === node.name);
          const node = able[Math.floor(chosen * able.length)];
          if (node === undefined) return world.tell("scenario", `${name} ${n}: no node to do it on`);
          world.tell(node.name, `${name} ${n}`);
          const { life } = node.machine;
          const failed = (error: unknown): void => {
            if (life.isAlive) this.#fail(`op ${name}`, `${name} ${n} on ${node.name}: ${String(error)}`, error);
          };
          try {
            const operating = { cluster: this, node: node as SimulatedNode<App> & { app: App }, rng };
            Promise.resolve(run(operating)).catch(failed);
          } catch (error) {
            failed(error);
          }
        });
      }
    }
  }

  // Faults

  #apply(outcome: { readonly fault: Fault; applied: boolean; tally: Tally }): void {
    const { fault } = outcome;
    const { network } = this.world;
    outcome.applied = true;
    this.world.tell("fault", describeFault(fault));
    switch (fault.type) {
      case "crash":
        this.#pauses.delete(this.node(fault.node).machine);
        outcome.tally.effective = this.node(fault.node).machine.crash() ? 1 : 0;
        break;
      case "restart":
        outcome.tally.effective = this.#restart(this.node(fault.node)) ? 1 : 0;
        break;
      case "pause": {
        const { machine } = this.node(fault.node);
        if (machine.pause()) this.#pauses.set(machine, outcome.tally);
        break;
      }
      case "resume":
        outcome.tally.effective = this.#resume(this.node(fault.node).machine);
        break;
      case "cut":
        outcome.tally = network.cut(...fault.between);
        break;
      case "stall":
        outcome.tally = network.stall(...fault.between);
        break;
      case "partition":
        outcome.tally = network.partition(...fault.between, { oneWay: fault.oneWay ?? false });
        break;
      case "heal":
        outcome.tally = network.heal(...fault.between);
        break;
    }
  }

  #restart(node: Place<App>): boolean {
    if (node.machine.state !== "crashed") return false;
    node.machine.restart();
    this.#boot(node);
    return true;
  }

  #resume(machine: Machine): number {
    const held = machine.resume();
    const pause = this.#pauses.get(machine);
    if (pause !== undefined) pause.effective = held;
    this.#pauses.delete(machine);
    return held;
  }

  #heal(): void {
    const { world, nodes } = this;
    world.tell("scenario", "everything is healed");
    for (const [index, { name }] of nodes.entries()) {
      for (const { name: other } of nodes.slice(index + 1)) world.network.heal(name, other);
    }
    for (const node of nodes) {
      this.#resume(node.machine);
      this.#restart(node);
    }
  }

  // Properties

  #checkAlways(): void {
    const [wrong] = this.#wrong(this.#scenario.always);
    if (wrong !== undefined) this.#fail(wrong.property, wrong.what);
  }

  #unsettled(): readonly Wrong[] {
    const booting = this.nodes.filter(({ app }) => app === null).map(({ name }) => name);
    // What is to hold of all nodes may not be asked while one has nothing to be asked of.
    if (booting.length > 0) return [{ property: "boots", what: `${booting.join(", ")} did not` }];
    return this.#wrong(this.#scenario.eventually);
  }

  #wrong(properties: readonly Property<App>[]): readonly Wrong[] {
    return properties.flatMap((property) => {
      const what = property.check(this);
      return what === null ? [] : [{ property: property.name, what }];
    });
  }

  /** The first failure counts: what comes after it may be its consequence. */
  #fail(property: string, what: string, cause?: unknown): void {
    this.world.tell("scenario", `FAILED ${property}: ${what}`);
    this.#failure ??= { property, what, ...(cause === undefined ? {} : { cause }) };
  }
}

interface Wrong {
  readonly property: string;
  readonly what: string;
}

/** A machine, and what was booted on it. */
class Place<App> implements SimulatedNode<App> {
  readonly machine: Machine;
  #booted: { readonly life: Life; readonly app: App } | null = null;

  constructor(machine: Machine) {
    this.machine = machine;
  }

  get name(): string {
    return this.machine.name;
  }

  get host(): SimulatedNode<App>["host"] {
    return this.machine.host;
  }

  get url(): string {
    return this.machine.url;
  }

  get ref(): NodeRef {
    return new NodeRef(this.machine.identity.id, this.url);
  }

  get app(): App | null {
    return this.#booted?.life.isAlive === true ? this.#booted.app : null;
  }

  get isReady(): boolean {
    return this.machine.state === "running" && this.app !== null;
  }

  /** A boot that took longer than its process lived counts for nothing. */
  booted(life: Life, app: App): void {
    if (life.isAlive) this.#booted = { life, app };
  }
}

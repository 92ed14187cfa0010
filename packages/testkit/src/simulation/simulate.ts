import type { Crypto } from "@espalier/runtime";
import { checkFaults } from "../fault/fault.ts";
import type { Invocation } from "../history/history.ts";
import { Recording } from "../history/recording.ts";
import { settle } from "../history/settle.ts";
import { describeFailure } from "../report/text.ts";
import { FaultsOfRun } from "../scenario/faults-of-run.ts";
import type { Json } from "../scenario/json.ts";
import type { Observation, Observed } from "../scenario/observation.ts";
import type { Peer } from "../scenario/place.ts";
import { planOf, type Plan, type PlannedOp } from "../scenario/plan.ts";
import type { Checker, Property } from "../scenario/property.ts";
import type { Failure, RunResult } from "../scenario/result.ts";
import type { Scenario } from "../scenario/scenario.ts";
import type { EventLog } from "../world/event-log.ts";
import { World } from "../world/world.ts";
import { SimulatedControls } from "./controls.ts";
import { Residence, type Surroundings } from "./residence.ts";

/** What to run: what the seed makes of the scenario, but for those parts that are given. */
export interface SimulateOptions extends Partial<Omit<Plan, "seed">> {
  readonly seed: number;
  /** Default: that of Node. Another one must give the same bytes. */
  readonly crypto?: Crypto;
  /** Told of each event, to compare this run with another. */
  readonly log?: EventLog;
}

/** How long the nodes may take to boot. */
const bootMs = 60_000;

/**
 * Runs a scenario once in a simulated world: boots the nodes, lets the workload and the faults go on for the time of its budget, then puts
 * everything right and waits until all that must hold in the end does. What must always hold is checked after each event.
 *
 * The same plan gives the same run. A failure is a result, whatever failed; only misuse rejects.
 */
export async function simulate<App, Seen>(
  scenario: Scenario<App, Seen>,
  { crypto, log, ...plan }: SimulateOptions,
): Promise<RunResult> {
  const full = { ...planOf(scenario, plan.seed), ...plan };
  const faults = checkFaults(full.faults, scenario.nodes);
  return await new Simulation(scenario, { ...full, faults }, crypto, log).run();
}

/** A property in this run. */
interface Checking {
  readonly property: Property<any>;
  readonly checker: Checker;
}

interface Wrong {
  readonly property: string;
  readonly what: string;
}

class Simulation<App, Seen> implements Observation<Seen>, Surroundings {
  readonly world = "sim";
  readonly nodes: readonly Residence<App, Seen>[];
  readonly history: Recording;
  readonly marks: Map<string, number> = new Map();
  phase: Observation["phase"] = "booting";
  readonly #world: World;
  readonly #scenario: Scenario<App, Seen>;
  readonly #plan: Plan;
  readonly #faults: FaultsOfRun;
  readonly #always: readonly Checking[];
  readonly #eventually: readonly Checking[];
  /** Those of both that want to be told of events. */
  readonly #listening: readonly Checker[];
  #failure: Omit<Failure, "atMs" | "story" | "text"> | null = null;

  constructor(scenario: Scenario<App, Seen>, plan: Plan, crypto: Crypto | undefined, log: EventLog | undefined) {
    this.#scenario = scenario;
    this.#plan = plan;
    const { events } = scenario.budget;
    const world = new World({
      seed: plan.seed,
      eventsMax: events,
      ...(crypto === undefined ? {} : { crypto }),
      ...(log === undefined ? {} : { log }),
    });
    this.#world = world;
    this.history = new Recording(() => world.nowMs);
    const observe = scenario.observe ?? ((app: App) => app as unknown as Seen);
    this.nodes = scenario.nodes.map((name) => new Residence(world.machine(name), observe, this));
    this.#faults = new FaultsOfRun(plan.faults, {
      controls: new SimulatedControls(world, (name) => this.#boot(this.node(name))),
      after: (delayMs, run) => world.at(world.nowMs + delayMs, run),
      tell: (line) => world.tell("fault", line),
    });
    const begin = (property: Property<any>): Checking => ({ property, checker: property.begin(this) });
    this.#always = scenario.always.map(begin);
    this.#eventually = scenario.eventually.map(begin);
    this.#listening = [...this.#always, ...this.#eventually]
      .map(({ checker }) => checker)
      .filter((checker) => checker.event !== undefined);
  }

  // What properties see

  get seed(): number {
    return this.#plan.seed;
  }

  get nowMs(): number {
    return this.#world.nowMs;
  }

  node(name: string): Residence<App, Seen> {
    const node = this.nodes.find((node) => node.name === name);
    if (node === undefined)
      throw new RangeError(`node: expected one of ${this.#scenario.nodes.join(", ")}, got ${name}`);
    return node;
  }

  // What nodes say

  get peers(): readonly Peer[] {
    return this.nodes;
  }

  peer(name: string): Peer {
    return this.node(name);
  }

  invoke(node: string, client: string, op: string, input: Json): Invocation {
    return this.history.invoke(node, client, op, input);
  }

  mark(node: string, name: string): void {
    this.marks.set(name, (this.marks.get(name) ?? 0) + 1);
    this.#faults.mark(node, name);
  }

  tell(node: string, line: string): void {
    this.#world.tell(node, line);
  }

  note(node: string, what: string): void {
    this.#world.note(node, what);
  }

  observed(observed: Observed): void {
    for (const checker of this.#listening) checker.event?.(observed);
  }

  intercept(_node: string, sessions: Parameters<Surroundings["intercept"]>[1]): typeof sessions {
    return sessions;
  }

  // The run

  async run(): Promise<RunResult> {
    const world = this.#world;
    try {
      await this.#phases();
    } catch (error) {
      // The world is stuck, or a machine did not catch something.
      this.#fail("runs on", error instanceof Error ? error.message : String(error), error);
    }
    const result: RunResult = {
      ok: this.#failure === null,
      scenario: this.#scenario.name,
      world: "sim",
      plan: this.#plan,
      traceHash: world.traceHash,
      virtualMs: world.nowMs,
      events: world.events,
      faults: this.#faults.outcomes,
      marks: this.marks,
      history: this.history,
    };
    if (this.#failure === null) return result;
    const failure = { ...this.#failure, atMs: world.nowMs, story: world.story(15) };
    return { ...result, failure: { ...failure, text: describeFailure(result, failure) } };
  }

  async #phases(): Promise<void> {
    const world = this.#world;
    const { virtualMs, settleMs } = this.#scenario.budget;
    const failed = (): boolean => this.#failure !== null;
    for (const node of this.nodes) this.#boot(node);
    await world.until(() => failed() || this.nodes.every(({ app }) => app !== null), { withinMs: bootMs });
    if (failed()) return;
    world.afterEvent = () => {
      if (!failed()) this.#checkAlways();
    };
    this.phase = "working";
    world.tell("scenario", "booted");
    this.#faults.begin();
    for (const planned of this.#plan.ops) world.at(world.nowMs + planned.atMs, () => this.#operate(planned));
    await this.#untilOver(virtualMs, failed);
    if (failed()) return;
    this.phase = "settling";
    world.tell("scenario", "everything is healed");
    this.#faults.heal();
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
    this.#world.at(this.#world.nowMs + durationMs, () => (over = true));
    await this.#world.until(() => over || enough(), { withinMs: Infinity });
  }

  #boot(node: Residence<App, Seen>): void {
    const { life } = node.machine;
    const failed = (error: unknown): void => {
      if (life.isAlive) this.#fail("boots", `${node.name}: ${String(error)}`, error);
    };
    try {
      const booting = this.#scenario.boot(node.move());
      Promise.resolve(booting).then((app) => node.booted(life, app), failed);
    } catch (error) {
      failed(error);
    }
  }

  #operate({ op, n, node: name, args }: PlannedOp): void {
    const world = this.#world;
    const residence = this.node(name);
    const node = residence.operable;
    const run = this.#scenario.ops.find((known) => known.name === op)?.run;
    if (run === undefined) throw new RangeError(`op: expected one of the scenario, got ${JSON.stringify(op)}`);
    if (node === null) return world.tell(name, `${op} ${n} is not done: the node is ${residence.state}`);
    world.tell(name, `${op} ${n}${args === null ? "" : ` ${JSON.stringify(args)}`}`);
    const { life } = residence.machine;
    const invocation = this.history.invoke(name, `${op} ${n}`, op, args);
    const failed = (error: unknown): void => {
      if (life.isAlive) this.#fail(`op ${op}`, `${op} ${n} on ${name}: ${String(error)}`, error);
    };
    const rng = world.random.stream(`op:${op}:${n}`);
    settle(invocation, () => run({ node, args, rng })).catch(failed);
  }

  // Properties

  #checkAlways(): void {
    const [wrong] = this.#wrong(this.#always);
    if (wrong !== undefined) this.#fail(wrong.property, wrong.what);
  }

  #unsettled(): readonly Wrong[] {
    const booting = this.nodes.filter(({ app }) => app === null).map(({ name }) => name);
    // What is to hold of all nodes may not be asked while one has nothing to be asked of.
    if (booting.length > 0) return [{ property: "boots", what: `${booting.join(", ")} did not` }];
    return this.#wrong(this.#eventually);
  }

  #wrong(properties: readonly Checking[]): readonly Wrong[] {
    const wrongs: Wrong[] = [];
    for (const { property, checker } of properties) {
      const what = checker.check();
      if (what !== null) wrongs.push({ property: property.name, what });
    }
    return wrongs;
  }

  /** The first failure counts: what comes after it may be its consequence. */
  #fail(property: string, what: string, cause?: unknown): void {
    this.#world.tell("scenario", `FAILED ${property}: ${what}`);
    this.#failure ??= { property, what, ...(cause === undefined ? {} : { cause }) };
  }
}

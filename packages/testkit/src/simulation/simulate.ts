import { checkFaults } from "../fault/fault.ts";
import type { Invocation } from "../history/history.ts";
import { Recording } from "../history/recording.ts";
import { settle } from "../history/settle.ts";
import { describeFailure } from "../report/text.ts";
import { Recorder } from "../record/recorder.ts";
import { storyOf } from "../report/story.ts";
import { FaultsOfRun } from "../scenario/faults-of-run.ts";
import type { Json } from "../scenario/json.ts";
import type { Observation, Observed } from "../scenario/observation.ts";
import type { Peer } from "../scenario/place.ts";
import { planOf, type Plan, type PlannedOp } from "../scenario/plan.ts";
import { PropertiesOfRun, type Wrong } from "../scenario/properties-of-run.ts";
import type { Failure, RunResult } from "../scenario/result.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { DeterminismError, UnhandledRejectionError } from "../world/occupant.ts";
import type { Machine } from "../world/machine.ts";
import { World, type WorldOptions } from "../world/world.ts";
import { SimulatedControls } from "./controls.ts";
import { Residence, type Surroundings } from "./residence.ts";

/** What to run, what the seed makes of the scenario but for those parts that are given, and in what a world. */
export interface SimulateOptions extends Partial<Omit<Plan, "seed" | "crypto">>, Omit<WorldOptions, "eventsMax"> {
  /**
   * Whether a fault that had no effect fails the run. Default: `fail` for the list of a scenario that names its faults one by one, `report`
   * for what a family made, and for what is given here.
   */
  readonly inertFaults?: "fail" | "report";
  /** Whether everything that can be seen of the run is noted, for its report. It is the same run. Default: no. */
  readonly record?: boolean;
}

/** How long the nodes may take to boot. */
const bootMs = 60_000;

/**
 * Runs a scenario once in a simulated world: boots the nodes, lets the workload and the faults go on for the time of its budget, then puts
 * everything right and waits until all that must hold in the end does. What must always hold is checked after each event.
 *
 * The same plan gives the same run. A failure is a result, whatever failed; only misuse rejects.
 */
export async function simulate<App, Seen>(scenario: Scenario<App, Seen>, options: SimulateOptions): Promise<RunResult> {
  const own = planOf(scenario, options.seed);
  const { faults = own.faults, ops = own.ops, schedule = own.schedule, inertFaults, record, ...world } = options;
  const crypto = options.crypto === "plain" ? { crypto: options.crypto } : {};
  const plan = { seed: options.seed, faults: checkFaults(faults, scenario.nodes), ops, schedule, ...crypto };
  const isNamed = options.faults === undefined && typeof scenario.faults !== "function";
  const mustBite = (inertFaults ?? (isNamed ? "fail" : "report")) === "fail";
  return await new Simulation(scenario, plan, mustBite, record === true, world).run();
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
  readonly #mustBite: boolean;
  readonly #faults: FaultsOfRun;
  readonly #controls: SimulatedControls;
  readonly #properties: PropertiesOfRun;
  readonly #recorder: Recorder | null;
  #failure: Omit<Failure, "atMs" | "story" | "text"> | null = null;

  constructor(
    scenario: Scenario<App, Seen>,
    plan: Plan,
    mustBite: boolean,
    isRecorded: boolean,
    options: WorldOptions,
  ) {
    this.#scenario = scenario;
    this.#plan = plan;
    this.#mustBite = mustBite;
    const world = new World({ ...options, schedule: plan.schedule, eventsMax: scenario.budget.events });
    this.#world = world;
    this.history = new Recording(() => world.nowMs);
    const observe = scenario.observe ?? ((app: App) => app as unknown as Seen);
    this.nodes = scenario.nodes.map((name) => new Residence(world.machine(name), observe, this));
    this.#controls = new SimulatedControls(world, {
      restarted: (name) => this.#boot(this.node(name)),
      gone: (name) => void (this.node(name).isGone = true),
    });
    this.#faults = new FaultsOfRun(plan.faults, {
      controls: this.#controls,
      after: (delayMs, run) => world.at(world.nowMs + delayMs, run),
      tell: (line) => world.tell("fault", line),
      began: (index) => this.#recorder?.began(index),
      ended: (index) => this.#recorder?.ended(index),
    });
    this.#recorder = isRecorded ? this.#record() : null;
    this.#properties = new PropertiesOfRun(scenario, this);
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
    this.#recorder?.mark(node, name);
    this.#faults.mark(node, name);
  }

  tell(node: string, line: string): void {
    this.#world.tell(node, line);
  }

  note(node: string, type: string, digest: number, describe: () => string): void {
    this.#world.note(node, type, digest, describe);
  }

  observed(observed: Observed): void {
    this.#recorder?.observed(observed);
    this.#properties.event(observed);
  }

  intercept(...[node, sessions, clock]: Parameters<Surroundings["intercept"]>): typeof sessions {
    const struck = this.#controls.intercept(node, sessions, clock);
    return this.#recorder?.watch(node, struck) ?? struck;
  }

  // The run

  async run(): Promise<RunResult> {
    const world = this.#world;
    try {
      await world.guarded(() => this.#phases());
    } catch (error) {
      const property = propertyOf(error);
      // Whatever else failed at this event, such as the operation that was told of it, is a consequence.
      if (property !== null) this.#failure = null;
      // Otherwise the world is stuck, or a machine did not catch something.
      this.#fail(property ?? "runs on", error instanceof Error ? error.message : String(error), error);
    }
    const result: RunResult = {
      ok: this.#failure === null,
      scenario: this.#scenario.name,
      world: "sim",
      plan: { ...this.#plan, schedule: world.schedule },
      traceHash: world.traceHash,
      virtualMs: world.nowMs,
      events: world.events,
      faults: this.#faults.outcomes,
      marks: this.marks,
      history: this.history,
    };
    const failed = this.#failure === null ? null : { ...this.#failure, atMs: world.nowMs };
    const record = this.#recorder?.record(result, failed);
    const recorded = record === undefined ? result : { ...result, record };
    if (failed === null) return recorded;
    const failure = { ...failed, story: record === undefined ? world.story(15) : storyOf(record) };
    return { ...recorded, failure: { ...failure, text: describeFailure(recorded, failure) } };
  }

  async #phases(): Promise<void> {
    const world = this.#world;
    const { virtualMs, settleMs } = this.#scenario.budget;
    const failed = (): boolean => this.#failure !== null;
    // As an event: what it throws, and what promises make of it, is then a node's doing.
    for (const node of this.nodes) world.at(world.nowMs, () => this.#boot(node));
    await world.until(() => failed() || this.nodes.every(({ isBooted }) => isBooted), { withinMs: bootMs });
    if (failed()) return;
    world.afterEvent = () => {
      this.#recorder?.look();
      if (!failed()) this.#checkAlways();
    };
    this.phase = "working";
    this.#recorder?.booted();
    world.tell("scenario", "booted");
    this.#faults.begin();
    for (const planned of this.#plan.ops) world.at(world.nowMs + planned.atMs, () => this.#operate(planned));
    await this.#untilOver(virtualMs, failed);
    if (failed()) return;
    this.phase = "settling";
    world.tell("scenario", "everything is healed");
    this.#recorder?.healed();
    this.#faults.heal();
    let wrong: readonly Wrong[] = [];
    await this.#untilOver(settleMs, () => {
      wrong = this.#unsettled();
      return failed() || wrong.length === 0;
    });
    if (failed()) return;
    for (const { property, what } of wrong) this.#fail(property, `${what}, ${settleMs} ms after all was healed`);
    const { inert } = this.#faults;
    if (this.#mustBite && inert !== null) this.#fail("every fault bites", inert);
  }

  #record(): Recorder {
    const world = this.#world;
    const { nodes } = this;
    const clockOf = (name: string): Machine["clock"] => world.machine(name).clock;
    const recorder = new Recorder({
      nodes,
      clockOf,
      get nowMs() {
        return world.nowMs;
      },
    });
    world.onTell = (place, line) => recorder.told(place, line);
    world.afterEvent = () => recorder.look();
    return recorder;
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
      const booting = node.machine.enter(() => this.#scenario.boot(node.move()));
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
    residence.machine.enter(() => settle(invocation, () => run({ node, args, rng }))).catch(failed);
  }

  // Properties

  #checkAlways(): void {
    const wrong = this.#properties.checkAlways();
    if (wrong !== null) this.#fail(wrong.property, wrong.what);
  }

  #unsettled(): readonly Wrong[] {
    const booting = this.nodes.filter(({ isBooted, isGone }) => !isBooted && !isGone).map(({ name }) => name);
    // What is to hold of all nodes may not be asked while one has nothing to be asked of.
    if (booting.length > 0) return [{ property: "boots", what: `${booting.join(", ")} did not` }];
    return this.#properties.checkEventually();
  }

  /** The first failure counts: what comes after it may be its consequence. */
  #fail(property: string, what: string, cause?: unknown): void {
    // A stack says where files are, which is not part of what happened.
    this.#world.tell("scenario", `FAILED ${property}: ${what.split("\n    at ", 1)[0]}`);
    this.#failure ??= { property, what, ...(cause === undefined ? {} : { cause }) };
  }
}

/** What a node did that no node does. */
function propertyOf(error: unknown): string | null {
  if (error instanceof DeterminismError) return "ambient";
  return error instanceof UnhandledRejectionError ? "noUnhandledRejection" : null;
}

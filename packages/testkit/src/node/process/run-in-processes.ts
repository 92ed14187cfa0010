import { nodeHost } from "@espalier/runtime/node";
import type { NodeEvent } from "@espalier/runtime";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { checkFaults } from "../../fault/fault.ts";
import { Recording } from "../../history/recording.ts";
import type { Invocation } from "../../history/history.ts";
import { describeFailure } from "../../report/text.ts";
import { FaultsOfRun } from "../../scenario/faults-of-run.ts";
import { describeEvent, withNames } from "../../scenario/describe-event.ts";
import type { Observation } from "../../scenario/observation.ts";
import { planOf, type Plan, type PlannedOp } from "../../scenario/plan.ts";
import { PropertiesOfRun, type Wrong } from "../../scenario/properties-of-run.ts";
import type { Failure, RunResult } from "../../scenario/result.ts";
import type { Scenario } from "../../scenario/scenario.ts";
import { machineIdentity } from "../../world/machine-identity.ts";
import { KeyedRandom } from "../../world/random.ts";
import { Trace } from "../../world/trace.ts";
import { beforeTheEnd } from "./leftovers.ts";
import { NodeProcess } from "./node-process.ts";
import { unpack } from "./parcel.ts";
import { checkSupported, ProcessControls } from "./process-controls.ts";
import type { Line, Start } from "./protocol.ts";
import { Proxies } from "./proxies.ts";
import { machineMs, RealTime } from "./real-time.ts";

/** What to run: what the seed makes of the scenario, but for those parts that are given. */
export interface ProcessPlan extends Partial<Omit<Plan, "seed">> {
  readonly seed: number;
}

export interface ProcessOptions {
  /**
   * How many real milliseconds one of the run takes: of its plan, and of the clocks of its nodes. Default: 1, and more where processes are
   * found to answer slowly when the run begins.
   */
  readonly dilation?: number;
  /** Options for Node in each process, such as what it needs to load the module of the scenario. Default: none. */
  readonly execArgv?: readonly string[];
  /** Where Node keeps what it compiled, so that the next process starts in half of the time; nowhere unless given. */
  readonly compileCache?: string;
}

/** How long processes may take to load their modules, in real time. */
const loadMs = 60_000;
/** How long nodes may take to boot, and processes to answer. */
const bootMs = 60_000;
const answerMs = 10_000;
/** How often nodes are looked at while the workload goes on, and while everything settles. */
const workLookMs = 100;
const settleLookMs = 50;
/** Two looks at a node that does something are this far apart at least. */
const newsLookMs = 10;
/** A process of a machine that is fast enough answers within this. */
const promptMs = 25;
const pings = 5;
const dilationMax = 8;

/**
 * Runs a scenario once with a real OS process for each node, on this machine: the same boot, operations, faults and properties as in a simulated
 * world. Times of the plan are real milliseconds. Sockets go through proxies on 127.0.0.1, a crash is a SIGKILL, a pause a SIGSTOP; keys,
 * addresses and random numbers of operations are those of a simulated run of the same seed.
 *
 * What happens is the operating system's business: two runs of one seed differ, so a result has no trace hash, and is to be judged by its
 * properties alone. Properties are told of each event, in the order in which they come in here. What nodes look like is asked every 100 ms and
 * soon after they did something, and what must always hold is checked when all that run have answered: what comes and goes between two looks is
 * seen only by properties that are told of events, and the views of two nodes are not of the same moment.
 *
 * A failure is a result, whatever failed; only misuse rejects. When it resolves, no process, port or directory is left; when the process that
 * called it is killed before, the others end by themselves.
 *
 * @throws TypeError when the scenario does not say its `module`.
 * @throws UnsupportedFaultError when this machine cannot do what a fault asks for.
 */
export async function runInProcesses<App, Seen>(
  scenario: Scenario<App, Seen>,
  plan: ProcessPlan,
  options: ProcessOptions = {},
): Promise<RunResult> {
  const { module } = scenario;
  if (module === null) {
    throw new TypeError(
      `scenario ${JSON.stringify(scenario.name)}: expected the option module, to run in processes; give it import.meta.url, and export the ` +
        "scenario from a module of its own, which does not import vitest",
    );
  }
  const { dilation } = options;
  if (dilation !== undefined && !(dilation >= 0.1 && dilation <= 100)) {
    throw new RangeError(`dilation: expected a number from 0.1 to 100, got ${dilation}`);
  }
  const own = planOf(scenario, plan.seed);
  const { faults = own.faults, ops = own.ops, schedule = own.schedule } = plan;
  const full: Plan = { seed: plan.seed, faults: checkFaults(faults, scenario.nodes), ops, schedule };
  checkSupported(full.faults);
  return await new ProcessRun(scenario, module, full, options).run();
}

class ProcessRun<App, Seen> implements Observation<Seen> {
  readonly world = "process";
  readonly nodes: readonly NodeProcess<Seen>[];
  readonly history: Recording;
  readonly marks: Map<string, number> = new Map();
  phase: Observation["phase"] = "booting";
  readonly #scenario: Scenario<App, Seen>;
  readonly #module: string;
  readonly #plan: Plan;
  readonly #options: ProcessOptions;
  readonly #random: KeyedRandom;
  readonly #directory: string;
  readonly #clean: () => void;
  readonly #controls: ProcessControls;
  readonly #faults: FaultsOfRun;
  readonly #properties: PropertiesOfRun;
  readonly #trace = new Trace();
  readonly #invocations = new Map<string, Invocation>();
  readonly #waiting = new Set<() => void>();
  #tempo = { originMs: machineMs(), dilation: 1 };
  #time: RealTime = new RealTime(this.#tempo);
  #proxies: Proxies | null = null;
  /** The time that a process gave for what it says, while that is heard. */
  #saidMs: number | null = null;
  #endedMs: number | null = null;
  #isLooking = false;
  #failure: Omit<Failure, "story" | "text"> | null = null;
  #isOver = false;

  constructor(scenario: Scenario<App, Seen>, module: string, plan: Plan, options: ProcessOptions) {
    this.#scenario = scenario;
    this.#module = module;
    this.#plan = plan;
    this.#options = options;
    this.#random = new KeyedRandom(plan.seed);
    this.#directory = mkdtempSync(path.join(tmpdir(), "espalier-run-"));
    this.#clean = beforeTheEnd(() => {
      for (const node of this.nodes) node.kill();
      rmSync(this.#directory, { recursive: true, force: true });
    });
    this.history = new Recording(() => this.nowMs);
    const { crypto } = nodeHost();
    this.nodes = scenario.nodes.map(
      (name) =>
        new NodeProcess<Seen>({
          name,
          identity: machineIdentity(name, this.#random, crypto),
          directory: path.join(this.#directory, name),
          runDirectory: this.#directory,
          execArgv: options.execArgv ?? [],
          env:
            options.compileCache === undefined
              ? process.env
              : { ...process.env, NODE_COMPILE_CACHE: options.compileCache },
          owner: this,
        }),
    );
    this.#controls = new ProcessControls({
      node: (name) => this.node(name),
      proxies: () => this.#proxies as Proxies,
      restart: (name) => void this.#start(this.node(name)),
      runDirectory: this.#directory,
    });
    this.#faults = new FaultsOfRun(plan.faults, {
      controls: this.#controls,
      after: (delayMs, run) => void this.#time.after(delayMs, () => this.#guard(run)),
      tell: (line) => this.#tell("fault", line),
    });
    this.#properties = new PropertiesOfRun(scenario, this);
  }

  // What properties see

  get seed(): number {
    return this.#plan.seed;
  }

  get nowMs(): number {
    return this.#endedMs ?? this.#saidMs ?? this.#time.nowMs;
  }

  node(name: string): NodeProcess<Seen> {
    const node = this.nodes.find((node) => node.name === name);
    if (node !== undefined) return node;
    throw new RangeError(`node: expected one of ${this.#scenario.nodes.join(", ")}, got ${name}`);
  }

  // What nodes say

  heard(node: NodeProcess<Seen>, line: Line): void {
    if (this.#isOver) return;
    this.#saidMs = this.#time.of(line.atMs);
    this.#guard(() => this.#take(node, line));
    this.#saidMs = null;
    this.#wake();
  }

  died({ name, output }: NodeProcess<Seen>, how: string): void {
    if (this.#isOver) return;
    const said = output === "" ? "it printed nothing" : `it printed: ${output}`;
    this.#fail(
      "runs on",
      `the process of ${name} is gone in the phase ${this.phase}, and no fault did that: ${how}; ${said}`,
    );
    this.#wake();
  }

  #take(node: NodeProcess<Seen>, line: Line): void {
    const { name } = node;
    switch (line.type) {
      case "ready":
      case "pong":
      case "frozen":
      case "listening":
      case "closed":
        return;
      case "booted":
        return this.#tell(name, node.life === 1 ? "booted" : `booted again, life ${node.life}`);
      case "failed":
        return this.#fail(line.property, line.what, unpack(line.error));
      case "tell":
        return this.#tell(name, line.line);
      case "mark":
        return this.#mark(name, line.name);
      case "event":
        return this.#observed(node, unpack(line.event) as NodeEvent);
      case "invoke": {
        const { id, client, op, input } = line;
        this.#invocations.set(`${name} ${node.life} ${id}`, this.history.invoke(name, client, op, input));
        return;
      }
      case "settled": {
        const invocation = this.#invocations.get(`${name} ${node.life} ${line.id}`);
        if (line.outcome.type === "ok") invocation?.ok(line.outcome.output);
        else invocation?.failed(line.outcome.reason);
        return;
      }
      case "looked":
        this.#controls.counted(line.tallies);
        return this.#checkAlways();
    }
  }

  #observed(node: NodeProcess<Seen>, event: NodeEvent): void {
    const { name, life } = node;
    const what = withNames(describeEvent(event), this.nodes);
    if (/^(node|transfer)\./.test(event.type)) this.#tell(name, what);
    else this.#trace.add(this.nowMs, name, what);
    this.#properties.event({ atMs: this.nowMs, node: name, life, event });
    this.#mark(name, event.type);
    this.#lookSoon();
  }

  #mark(node: string, name: string): void {
    this.marks.set(name, (this.marks.get(name) ?? 0) + 1);
    this.#faults.mark(node, name);
  }

  // The run

  async run(): Promise<RunResult> {
    try {
      await this.#phases();
    } catch (error) {
      this.#fail("runs on", error instanceof Error ? error.message : String(error), error);
    } finally {
      await this.#close();
    }
    const { nowMs } = this;
    const result: RunResult = {
      ok: this.#failure === null,
      scenario: this.#scenario.name,
      world: "process",
      plan: this.#plan,
      traceHash: "",
      virtualMs: nowMs,
      events: this.#trace.events,
      faults: this.#faults.outcomes,
      marks: this.marks,
      history: this.history,
    };
    if (this.#failure === null) return result;
    const failure = { ...this.#failure, story: this.#trace.lines(15) };
    return { ...result, failure: { ...failure, text: describeFailure(result, failure) } };
  }

  async #phases(): Promise<void> {
    const { virtualMs, settleMs } = this.#scenario.budget;
    await this.#load();
    if (this.#failure !== null) return;
    await this.#openProxies();
    for (const node of this.nodes) this.#begin(node);
    const areBooted = (): boolean => this.nodes.every(({ isBooted }) => isBooted);
    if (!(await this.#until(areBooted, bootMs))) {
      const late = this.nodes.filter(({ isBooted }) => !isBooted).map(({ name }) => name);
      return this.#fail("boots", `${late.join(", ")} did not boot within ${bootMs} ms; see what boot waits for`);
    }
    if (this.#failure !== null) return;
    this.phase = "working";
    this.#tell("scenario", "booted");
    this.#faults.begin();
    for (const op of this.#plan.ops) this.#time.after(op.atMs, () => this.#guard(() => this.#operate(op)));
    this.#lookEvery(workLookMs);
    await this.#until(() => false, virtualMs);
    if (this.#failure !== null) return;
    this.phase = "settling";
    this.#tell("scenario", "everything is healed");
    this.#faults.heal();
    await this.#settle(settleMs);
  }

  /** Starts a process for each node, and finds out how fast they answer. */
  async #load(): Promise<void> {
    const loading = Promise.all(this.nodes.map((node) => node.spawn()));
    let isLoaded = false;
    void loading.then(() => {
      isLoaded = true;
      this.#wake();
    });
    if (!(await this.#until(() => isLoaded, loadMs))) {
      return this.#fail("loads", `the processes did not load their modules within ${loadMs} ms; run less beside them`);
    }
    if (this.#failure !== null) return;
    const dilation = this.#options.dilation ?? (await this.#measureDilation());
    this.#tempo = { originMs: machineMs(), dilation };
    this.#time = new RealTime(this.#tempo);
    if (dilation > 1)
      this.#tell("scenario", `this machine is slow: everything takes ${dilation.toFixed(1)} times as long`);
  }

  async #measureDilation(): Promise<number> {
    let worstMs = 0;
    for (let round = 0; round < pings; round += 1) {
      const sinceMs = machineMs();
      const answers = this.nodes.map((node) => {
        const answer = node.hears("pong");
        node.tell({ type: "ping" });
        return answer;
      });
      await Promise.all(answers);
      worstMs = Math.max(worstMs, machineMs() - sinceMs);
    }
    return Math.min(Math.max(worstMs / promptMs, 1), dilationMax);
  }

  async #openProxies(): Promise<void> {
    this.#proxies = new Proxies({
      nodes: this.#scenario.nodes,
      timing: this.#time,
      random: this.#random,
      portOf: (name) => this.node(name).port,
    });
    await this.#proxies.open();
  }

  #begin(node: NodeProcess<Seen>): void {
    const start: Start = {
      type: "start",
      module: this.#module,
      scenario: this.#scenario.name,
      seed: this.seed,
      node: node.name,
      life: node.life,
      tempo: this.#tempo,
      peers: this.nodes.map(({ name, ref }) => ({
        name,
        id: ref.id,
        url: ref.address as string,
        port: this.#proxies?.port(node.name, name) ?? null,
      })),
      directory: node.directory,
      runDirectory: this.#directory,
      ...this.#controls.settingsOf(node.name),
    };
    node.begin(start);
  }

  /** Starts the process of a node again. */
  async #start(node: NodeProcess<Seen>): Promise<void> {
    this.#tell(node.name, "restarted");
    const isReady = await node.spawn();
    if (isReady && !this.#isOver) this.#begin(node);
  }

  async #settle(settleMs: number): Promise<void> {
    const untilMs = this.nowMs + settleMs;
    for (;;) {
      const wrong = await this.#unsettled();
      if (this.#failure !== null || wrong.length === 0) return;
      if (this.nowMs >= untilMs) {
        for (const { property, what } of wrong) this.#fail(property, `${what}, ${settleMs} ms after all was healed`);
        return;
      }
      await this.#until(() => false, settleLookMs);
      if (this.#failure !== null) return;
    }
  }

  async #unsettled(): Promise<readonly Wrong[]> {
    const missing = this.nodes.filter(({ isBooted, isGone }) => !isBooted && !isGone).map(({ name }) => name);
    // What is to hold of all nodes may not be asked while one has nothing to be asked of.
    if (missing.length > 0) return [{ property: "boots", what: `${missing.join(", ")} did not` }];
    const silent = await this.#look();
    if (silent.length > 0) {
      const what = `${silent.join(", ")} did not answer within ${answerMs} ms: something keeps the event loop busy`;
      return [{ property: "answers", what }];
    }
    return this.#properties.checkEventually();
  }

  async #close(): Promise<void> {
    this.#isOver = true;
    this.#endedMs = this.nowMs;
    this.#time.clear();
    await Promise.all(this.nodes.map((node) => node.end()));
    await this.#proxies?.close();
    rmSync(this.#directory, { recursive: true, force: true });
    this.#clean();
  }

  #operate({ op, n, node: name, args }: PlannedOp): void {
    const node = this.node(name);
    if (node.state !== "running") return this.#tell(name, `${op} ${n} is not done: the node is ${node.state}`);
    this.#tell(name, `${op} ${n}${args === null ? "" : ` ${JSON.stringify(args)}`}`);
    node.tell({ type: "op", op, n, args });
  }

  // Looking at nodes

  /** Asks all that can answer how they are; gives the names of those that do not in time. */
  async #look(): Promise<readonly string[]> {
    const asked = this.nodes.filter(({ state }) => state === "running");
    const answered = new Set<string>();
    const looks = asked.map(async (node) => {
      // One whose process ends has nothing to answer.
      await node.look();
      answered.add(node.name);
      this.#wake();
    });
    await Promise.race([Promise.all(looks), this.#until(() => answered.size === asked.length, answerMs)]);
    return asked.filter(({ name }) => !answered.has(name)).map(({ name }) => name);
  }

  #lookEvery(everyMs: number): void {
    this.#time.after(everyMs, () => {
      for (const node of this.nodes) if (node.state === "running") node.tell({ type: "look" });
      if (this.phase === "working") this.#lookEvery(everyMs);
    });
  }

  #lookSoon(): void {
    if (this.#isLooking) return;
    this.#isLooking = true;
    this.#time.after(newsLookMs, () => {
      this.#isLooking = false;
      for (const node of this.nodes) if (node.hasNews && node.state === "running") node.tell({ type: "look" });
    });
  }

  #checkAlways(): void {
    // What a node did must be seen in how it looks: some properties compare the two.
    const isBehind = this.nodes.some(({ hasNews, state }) => hasNews && state === "running");
    if (this.phase === "booting" || isBehind || this.#failure !== null) return;
    const wrong = this.#properties.checkAlways();
    if (wrong !== null) this.#fail(wrong.property, wrong.what);
  }

  // Waiting and failing

  /** Whether `condition` holds within that time; it ends at once when the run has failed. */
  async #until(condition: () => boolean, withinMs: number): Promise<boolean> {
    let isOver = false;
    const limit = this.#time.after(withinMs, () => {
      isOver = true;
      this.#wake();
    });
    while (!isOver && this.#failure === null && !condition()) {
      await new Promise<void>((resolve) => void this.#waiting.add(resolve));
    }
    this.#time.cancel(limit);
    return this.#failure !== null || condition();
  }

  #wake(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const resolve of waiting) resolve();
  }

  /** What throws here is the fault of the run: a property, an operation that there is none of. */
  #guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#fail("runs on", error instanceof Error ? error.message : String(error), error);
      this.#wake();
    }
  }

  #tell(place: string, what: string): void {
    this.#trace.tell(this.nowMs, place, what);
  }

  /** The first failure counts: what comes after it may be its consequence. */
  #fail(property: string, what: string, cause?: unknown): void {
    if (this.#isOver) return;
    this.#tell("scenario", `FAILED ${property}: ${what}`);
    this.#failure ??= { property, what, atMs: this.nowMs, ...(cause === undefined ? {} : { cause }) };
    this.#wake();
  }
}

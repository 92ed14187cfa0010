import { nodeHost } from "@espalier/runtime/node";
import type { NodeEvent } from "@espalier/runtime";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Invocation } from "../../history/history.ts";
import { Recording } from "../../history/recording.ts";
import { Recorder } from "../../record/recorder.ts";
import { describeFailure } from "../../report/text.ts";
import { describeEvent, withNames } from "../../scenario/describe-event.ts";
import { FaultsOfRun } from "../../scenario/faults-of-run.ts";
import type { Observation } from "../../scenario/observation.ts";
import type { Plan, PlannedOp } from "../../scenario/plan.ts";
import { PropertiesOfRun, type Wrong } from "../../scenario/properties-of-run.ts";
import type { Failure, RunResult } from "../../scenario/result.ts";
import type { Scenario } from "../../scenario/scenario.ts";
import { machineIdentity } from "../../world/machine-identity.ts";
import { KeyedRandom } from "../../world/random.ts";
import { Trace } from "../../world/trace.ts";
import { beforeTheEnd } from "./leftovers.ts";
import { Lookout } from "./lookout.ts";
import { measureDilation } from "./machine-speed.ts";
import { NodeProcess } from "./node-process.ts";
import { unpack } from "./parcel.ts";
import { Patience } from "./patience.ts";
import { ProcessControls } from "./process-controls.ts";
import type { Line, Start } from "./protocol.ts";
import { Proxies } from "./proxies.ts";
import { machineMs, RealTime } from "./real-time.ts";

export interface ProcessOptions {
  /**
   * How many real milliseconds one of the run takes: of its plan, and of the clocks of its nodes. Default: 1, and more where processes are
   * found to answer slowly when the run begins.
   */
  readonly dilation?: number;
  /** Options for Node in each process, such as what it needs to load the module of the scenario. Default: none. */
  readonly execArgv?: readonly string[];
  /**
   * Whether everything is put right as soon as all operations have ended and no fault is left to begin or to end, instead of at the end of the budget's
   * time: for scenarios in which nothing happens by itself. Default: no.
   */
  readonly untilDone?: boolean;
  /** Where Node keeps what it compiled, so that the next process starts in half of the time; nowhere unless given. */
  readonly compileCache?: string;
}

/** How long processes may take to load their modules, in real time. */
const loadMs = 60_000;
/** How long nodes may take to boot, and processes to answer. */
const bootMs = 60_000;
const answerMs = 10_000;
/** How often nodes are looked at while everything settles. */
const settleLookMs = 50;

/** What runs, checked. */
export interface ProcessRunParts<App, Seen> {
  readonly scenario: Scenario<App, Seen>;
  readonly module: string;
  readonly plan: Plan;
  readonly isRecorded: boolean;
  readonly options: ProcessOptions;
}

/** One run of a scenario in processes. */
export class ProcessRun<App, Seen> implements Observation<Seen> {
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
  readonly #patience = new Patience(() => this.#failure !== null);
  readonly #lookout: Lookout;
  /** Null when nobody wants to see the run afterwards. */
  readonly #recorder: Recorder | null;
  #tempo = { originMs: machineMs(), dilation: 1 };
  #time: RealTime = new RealTime(this.#tempo);
  #proxies: Proxies | null = null;
  /** The time that a process gave for what it says, while that is heard. */
  #saidMs: number | null = null;
  #endedMs: number | null = null;
  #failure: Omit<Failure, "story" | "text"> | null = null;
  #isOver = false;

  constructor({ scenario, module, plan, isRecorded, options }: ProcessRunParts<App, Seen>) {
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
      began: (index) => this.#recorder?.began(index),
      ended: (index) => {
        this.#recorder?.ended(index);
        this.#patience.wake();
      },
    });
    this.#properties = new PropertiesOfRun(scenario, this);
    this.#lookout = new Lookout(this.nodes, this.#patience);
    const nowMs = (): number => this.nowMs;
    this.#recorder = isRecorded
      ? new Recorder({
          nodes: this.nodes,
          clockOf: () => null,
          get nowMs() {
            return nowMs();
          },
        })
      : null;
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
    this.#recorder?.look();
    this.#saidMs = null;
    this.#patience.wake();
  }

  died({ name, output }: NodeProcess<Seen>, how: string): void {
    if (this.#isOver) return;
    const said = output === "" ? "it printed nothing" : `it printed: ${output}`;
    this.#fail(
      "runs on",
      `the process of ${name} is gone in the phase ${this.phase}, and no fault did that: ${how}; ${said}`,
    );
    this.#patience.wake();
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
    const observed = { atMs: this.nowMs, node: name, life, event };
    this.#recorder?.observed(observed);
    this.#properties.event(observed);
    this.#mark(name, event.type);
    this.#lookout.soon(this.#time);
  }

  #mark(node: string, name: string): void {
    this.marks.set(name, (this.marks.get(name) ?? 0) + 1);
    this.#recorder?.mark(node, name);
    this.#faults.mark(node, name);
  }

  // The run

  async run(): Promise<RunResult> {
    try {
      await this.#phases();
    } catch (error) {
      this.#fail("runs on", error instanceof Error ? error.message : String(error), error);
    }
    try {
      this.#isOver = true;
      this.#endedMs = this.nowMs;
      // Before the processes are gone, of which it tells.
      return this.#result();
    } finally {
      await this.#close();
    }
  }

  #result(): RunResult {
    const result: RunResult = {
      ok: this.#failure === null,
      scenario: this.#scenario.name,
      world: "process",
      plan: this.#plan,
      traceHash: "",
      virtualMs: this.nowMs,
      events: this.#trace.events,
      faults: this.#faults.outcomes,
      marks: this.marks,
      history: this.history,
    };
    const record = this.#recorder?.record(result, this.#failure);
    const recorded = record === undefined ? result : { ...result, record };
    if (this.#failure === null) return recorded;
    const failure = { ...this.#failure, story: this.#trace.lines(15) };
    return { ...recorded, failure: { ...failure, text: describeFailure(recorded, failure) } };
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
    this.#recorder?.booted();
    this.#tell("scenario", "booted");
    this.#faults.begin();
    for (const op of this.#plan.ops) this.#time.after(op.atMs, () => this.#guard(() => this.#operate(op)));
    this.#lookout.begin(this.#time, () => this.phase === "working");
    await this.#until(() => this.#options.untilDone === true && this.#isDone, virtualMs);
    if (this.#failure !== null) return;
    this.phase = "settling";
    this.#tell("scenario", "everything is healed");
    this.#recorder?.healed();
    this.#faults.heal();
    await this.#settle(settleMs);
  }

  get #isDone(): boolean {
    const { entries } = this.history;
    const ended = entries.filter(({ outcome }) => outcome.type !== "unknown").length;
    return ended >= this.#plan.ops.length && ended === entries.length && this.#faults.areSpent;
  }

  /** Starts a process for each node, and finds out how fast they answer. */
  async #load(): Promise<void> {
    const loading = Promise.all(this.nodes.map((node) => node.spawn()));
    let isLoaded = false;
    void loading.then(() => {
      isLoaded = true;
      this.#patience.wake();
    });
    if (!(await this.#until(() => isLoaded, loadMs))) {
      return this.#fail("loads", `the processes did not load their modules within ${loadMs} ms; run less beside them`);
    }
    if (this.#failure !== null) return;
    const dilation = this.#options.dilation ?? (await measureDilation(this.nodes));
    this.#tempo = { originMs: machineMs(), dilation };
    this.#time = new RealTime(this.#tempo);
    if (dilation > 1)
      this.#tell("scenario", `this machine is slow: everything takes ${dilation.toFixed(1)} times as long`);
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
    const silent = await this.#lookout.look(this.#time, answerMs);
    if (silent.length > 0) {
      const what = `${silent.join(", ")} did not answer within ${answerMs} ms: something keeps the event loop busy`;
      return [{ property: "answers", what }];
    }
    return this.#properties.checkEventually();
  }

  async #close(): Promise<void> {
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

  #checkAlways(): void {
    if (this.phase === "booting" || this.#lookout.isBehind || this.#failure !== null) return;
    const wrong = this.#properties.checkAlways();
    if (wrong !== null) this.#fail(wrong.property, wrong.what);
  }

  // Failing

  #until(condition: () => boolean, withinMs: number): Promise<boolean> {
    return this.#patience.until(condition, this.#time, withinMs);
  }

  /** What throws here is the fault of the run: a property, an operation that there is none of. */
  #guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#fail("runs on", error instanceof Error ? error.message : String(error), error);
      this.#patience.wake();
    }
  }

  #tell(place: string, what: string): void {
    this.#trace.tell(this.nowMs, place, what);
    this.#recorder?.told(place, what);
  }

  /** The first failure counts: what comes after it may be its consequence. */
  #fail(property: string, what: string, cause?: unknown): void {
    if (this.#isOver) return;
    this.#tell("scenario", `FAILED ${property}: ${what}`);
    this.#failure ??= { property, what, atMs: this.nowMs, ...(cause === undefined ? {} : { cause }) };
    this.#patience.wake();
  }
}

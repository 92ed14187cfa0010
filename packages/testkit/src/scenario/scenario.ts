import type { Fault } from "../fault/fault.ts";
import type { FaultFamily } from "../fault/families.ts";
import type { RandomStream } from "../world/random.ts";
import type { Json } from "./json.ts";
import type { Place } from "./place.ts";
import type { Schedule } from "./plan.ts";
import type { Property } from "./property.ts";

/** What an operation is given. */
export interface Operating<App> {
  /** The node that it is done on: it runs, and its app is booted. */
  readonly node: Place & { readonly app: App };
  readonly args: any;
  /** Random numbers of this operation alone. */
  readonly rng: RandomStream;
}

export interface OpOptions {
  /** How often in one run. Default: 10. */
  readonly count?: number;
  /** The node that it is done on. Default: any; if that one is down then, it is not done. */
  readonly on?: string;
  /** Makes its arguments, which are part of the plan: they are told in a failure, and stay what they are in a replay. */
  readonly args?: (rng: RandomStream, nodes: readonly string[]) => Json;
  /** Simpler arguments in place of these, the simplest first: tried when a run that failed is made smaller. */
  readonly shrink?: (args: any) => readonly Json[];
}

/**
 * What an operation does. What it gives, if a file can hold it, goes into the history. With an `OpFailedError` it says that it certainly had
 * no effect, with an `OpUnknownError` that nobody knows; whatever else it rejects with ends the run as a failure, unless its node crashed
 * meanwhile.
 */
export type Op<App> = (operating: Operating<App>) => unknown;

/** Where a scenario says what its users do. */
export interface Workload<App> {
  /** Does something at random times of the run. */
  op(name: string, run: Op<App>): void;
  op(name: string, options: OpOptions, run: Op<App>): void;
}

export interface Budget {
  /** How long the workload and the faults last, in virtual time. Default: one minute. */
  readonly virtualMs?: number;
  /** How long it may take after that until everything holds that must hold in the end. Default: five minutes. */
  readonly settleMs?: number;
  /** How much may happen. Default: one million events. */
  readonly events?: number;
}

export interface ScenarioOptions<App, Seen> {
  /** The nodes by name. */
  readonly nodes: Readonly<Record<string, object>>;
  /** Starts a node, at first and after each crash. */
  readonly boot: (place: Place) => App | Promise<App>;
  /** What properties may see of an app: in simulated worlds the app itself unless given, elsewhere plain data. */
  readonly observe?: (app: App) => Seen;
  readonly workload?: (workload: Workload<App>) => void;
  /** A list, or what makes one from the seed. */
  readonly faults?: readonly Fault[] | FaultFamily;
  /** What holds after each event, from the boot to the end. */
  readonly always?: readonly Property<Seen>[];
  /** What holds in the end, all of it at once, when every fault is healed, every node runs and no operation is begun any more. */
  readonly eventually?: readonly Property<Seen>[];
  /** Marks that some run of a campaign must reach: types of events of nodes, or what the scenario marks itself. */
  readonly sometimes?: readonly string[];
  /** Default: fifo. */
  readonly schedule?: Schedule;
  readonly budget?: Budget;
  /** `import.meta.url` of the module that exports the scenario: needed where it runs in other processes. */
  readonly module?: string;
}

/** A cluster, what is done with it, what goes wrong, and what must hold all the same. */
export interface Scenario<App, Seen = App> {
  readonly name: string;
  readonly nodes: readonly string[];
  readonly boot: (place: Place) => App | Promise<App>;
  readonly observe: ((app: App) => Seen) | null;
  readonly ops: readonly {
    readonly name: string;
    readonly options: OpOptions & { readonly count: number };
    readonly run: Op<App>;
  }[];
  readonly faults: readonly Fault[] | FaultFamily;
  readonly always: readonly Property<Seen>[];
  readonly eventually: readonly Property<Seen>[];
  readonly sometimes: readonly string[];
  readonly schedule: Schedule;
  readonly budget: Required<Budget>;
  readonly module: string | null;
}

/**
 * Describes a scenario. Nothing runs: see {@link simulate}.
 *
 * @throws TypeError or RangeError naming what is wrong: no nodes, no property at all, an operation twice, a budget that is none.
 */
export function scenario<App, Seen = App>(name: string, options: ScenarioOptions<App, Seen>): Scenario<App, Seen> {
  const { boot, observe = null, faults = [], always = [], eventually = [], sometimes = [], module = null } = options;
  const nodes = Object.keys(options.nodes);
  if (nodes.length === 0) throw new TypeError(`scenario ${JSON.stringify(name)}: expected at least one node`);
  if (always.length + eventually.length === 0) {
    throw new TypeError(`scenario ${JSON.stringify(name)}: expected a property; without one it cannot fail`);
  }
  const { virtualMs = 60_000, settleMs = 300_000, events = 1_000_000 } = options.budget ?? {};
  for (const [option, value] of Object.entries({ virtualMs, settleMs, events })) {
    if (!(value > 0 && value < Infinity)) throw new RangeError(`budget.${option}: expected more than 0, got ${value}`);
  }
  return {
    name,
    nodes,
    boot,
    observe,
    ops: listOps(nodes, options.workload),
    faults,
    always,
    eventually,
    sometimes,
    schedule: options.schedule ?? { type: "fifo" },
    budget: { virtualMs, settleMs, events },
    module,
  };
}

function listOps<App>(
  nodes: readonly string[],
  workload: ScenarioOptions<App, unknown>["workload"],
): Scenario<App>["ops"] {
  const ops = new Map<string, Scenario<App>["ops"][number]>();
  workload?.({
    op(op: string, second: OpOptions | Op<App>, third?: Op<App>): void {
      const [settings, run] = typeof second === "function" ? [{}, second] : [second, third as Op<App>];
      const { count = 10, on } = settings;
      if (ops.has(op)) throw new TypeError(`op ${JSON.stringify(op)}: expected a name that is not taken`);
      if (!Number.isInteger(count) || count < 1) throw new RangeError(`count: expected at least 1, got ${count}`);
      if (on !== undefined && !nodes.includes(on)) {
        throw new RangeError(`on: expected one of ${nodes.join(", ")}, got ${on}`);
      }
      ops.set(op, { name: op, options: { ...settings, count }, run });
    },
  });
  return [...ops.values()];
}

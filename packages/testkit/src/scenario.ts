import type { Host, NodeRef } from "@espalier/runtime";
import type { Fault } from "./fault.ts";
import type { FaultFamily } from "./faults.ts";
import type { Machine } from "./machine.ts";
import type { RandomStream } from "./random.ts";
import type { World } from "./world.ts";

/** A node of a scenario. */
export interface SimulatedNode<App> {
  readonly name: string;
  readonly machine: Machine;
  /** The host of its present life. */
  readonly host: Host;
  /** Where it should listen, and the others reach it. */
  readonly url: string;
  /** Its key, which it keeps for all its lives, and its address. */
  readonly ref: NodeRef;
  /** What `boot` gave in this life; null while it boots, and after a crash. */
  readonly app: App | null;
}

/** All nodes of a scenario while it runs. */
export interface Cluster<App> {
  readonly world: World;
  readonly nodes: readonly SimulatedNode<App>[];
  /** @throws RangeError when there is no such node. */
  node(name: string): SimulatedNode<App>;
}

/** Something that must hold. */
export interface Property<App> {
  readonly name: string;
  /** What is wrong, or null. It only looks: what it changes, it breaks. */
  check(cluster: Cluster<App>): string | null;
}

/** What an operation is given. */
export interface Operating<App> {
  readonly cluster: Cluster<App>;
  /** A node that runs, with its app booted. */
  readonly node: SimulatedNode<App> & { readonly app: App };
  /** Random numbers of this operation alone. */
  readonly rng: RandomStream;
}

export interface OpOptions {
  /** How often in one run. Default: 10. */
  readonly count?: number;
  /** The node that it is done on. Default: any that runs. */
  readonly on?: string;
}

/** What an operation does. Whatever it rejects with ends the run as a failure, unless the node crashed meanwhile. */
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

export interface ScenarioOptions<App> {
  /** The nodes by name. */
  readonly nodes: Readonly<Record<string, object>>;
  /** Starts a node, at first and after each crash. */
  readonly boot: (node: SimulatedNode<App>, cluster: Cluster<App>) => App | Promise<App>;
  readonly workload?: (workload: Workload<App>) => void;
  /** A list, or what makes one from the seed. */
  readonly faults?: readonly Fault[] | FaultFamily;
  /** What holds after each event, from the boot to the end. */
  readonly always?: readonly Property<App>[];
  /** What holds in the end, all of it at once, when every fault is healed, every node runs and no operation is begun any more. */
  readonly eventually?: readonly Property<App>[];
  readonly budget?: Budget;
}

/** A cluster, what is done with it, what goes wrong, and what must hold all the same. */
export interface Scenario<App> extends Required<Omit<ScenarioOptions<App>, "budget" | "nodes" | "workload">> {
  readonly name: string;
  readonly nodes: readonly string[];
  readonly ops: readonly {
    readonly name: string;
    readonly options: Required<Pick<OpOptions, "count">> & OpOptions;
    readonly run: Op<App>;
  }[];
  readonly budget: Required<Budget>;
}

/**
 * Describes a scenario. Nothing runs: see {@link simulate}.
 *
 * @throws TypeError or RangeError naming what is wrong: no nodes, no property at all, an operation twice, a budget that is none.
 */
export function scenario<App>(name: string, options: ScenarioOptions<App>): Scenario<App> {
  const { boot, workload, faults = [], always = [], eventually = [] } = options;
  const nodes = Object.keys(options.nodes);
  if (nodes.length === 0) throw new TypeError(`scenario ${JSON.stringify(name)}: expected at least one node`);
  if (always.length + eventually.length === 0) {
    throw new TypeError(`scenario ${JSON.stringify(name)}: expected a property; without one it cannot fail`);
  }
  const { virtualMs = 60_000, settleMs = 300_000, events = 1_000_000 } = options.budget ?? {};
  for (const [option, value] of Object.entries({ virtualMs, settleMs, events })) {
    if (!(value > 0 && value < Infinity)) throw new RangeError(`budget.${option}: expected more than 0, got ${value}`);
  }
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
  return {
    name,
    nodes,
    boot,
    ops: [...ops.values()],
    faults,
    always,
    eventually,
    budget: { virtualMs, settleMs, events },
  };
}

import {
  property,
  scenario,
  startNode,
  type Fault,
  type PlannedOp,
  type Property,
  type Scenario,
} from "@espalier/testkit";
import type { Duration, LocalGenerator, Node, NodeRef, Self } from "espalier";

/** What a rule is shown with. */
export interface Stage {
  /** The node `a`, where the rule's program runs. */
  readonly node: Node;
  /** Any node of the rule, by its name. */
  ref(name: string): NodeRef;
  /** Lets the faults begin that wait for this mark. */
  mark(name: string): void;
}

/** What a node besides `a` has when it starts. */
export interface Start extends Stage {
  readonly name: string;
  /** How often it has been started, from 1. */
  readonly life: number;
}

/** A program that shows a rule: it fails when the rule is broken. It runs on the node `a`. */
export type Showing = (self: Self<any>, stage: Stage) => LocalGenerator<void>;

/** What a node besides `a` runs whenever it has started. It leaves processes behind, with names by which the program finds them. */
export type Boot = (self: Self<any>, start: Start) => LocalGenerator<void>;

export interface RuleOptions {
  /** The nodes besides `a`. Unless given there is none. */
  readonly nodes?: readonly string[];
  readonly boot?: Boot;
  /** What goes wrong, most of it after a mark. */
  readonly faults?: readonly Fault[];
  /** How long the program may take before everything is put right, in the simulation. Default: one second. */
  readonly lastsMs?: number;
  /** Whether the simulation runs every order of what may be done in any: for small programs. */
  readonly everyOrder?: boolean;
  /** See `NodeOptions.netTicktime`, of all nodes. */
  readonly netTicktime?: Duration;
  /** Why processes of the operating system cannot show it; unless given they do, where there are other nodes than `a`. */
  readonly simulatedOnly?: string;
}

/** A rule of OTP, or of whoever else it is from, and a program that shows it. */
export interface Rule {
  /** Such as `R-103`, as in docs/numbers.md; a program may show several. */
  readonly ids: readonly string[];
  readonly title: string;
  readonly show: Showing;
  readonly options: RuleOptions;
  /** The rule alone, as a scenario: for a campaign, a replay or a mutant. */
  readonly scenario: Scenario<Node, null>;
}

/** How a section states its rules. `ids` is such as `"R-103"` or `"R-103, R-104"`. */
export type State = {
  (ids: string, says: string, show: Showing): void;
  (ids: string, says: string, options: RuleOptions, show: Showing): void;
};

/** Rules that the same nodes can show one after the other. */
export interface Group {
  readonly rules: readonly Rule[];
  readonly scenario: Scenario<Node, null>;
  readonly ops: readonly PlannedOp[];
}

/** The rules of one part of docs/numbers.md. */
export interface Section {
  readonly rules: readonly Rule[];
  /** Those that need other nodes, in groups that processes of the operating system can show together. */
  readonly groups: readonly Group[];
  /** All of it, for those who look for scenarios in modules. */
  readonly scenarios: readonly Scenario<Node, null>[];
}

/**
 * States the rules of a section.
 *
 * @param module `import.meta.url` of the module that exports the section's scenarios: other processes load it.
 */
export function section(module: string, state: (rule: State) => void): Section {
  const rules: Rule[] = [];
  state((ids: string, says: string, second: RuleOptions | Showing, third?: Showing) => {
    const [options, show] = typeof second === "function" ? [{}, second] : [second, third as Showing];
    const title = `${ids} ${says}`;
    rules.push({ ids: ids.split(", "), title, show, options, scenario: scenarioOf(title, options, [show], module) });
  });
  const groups = groupsOf(rules, module);
  return { rules, groups, scenarios: [...rules, ...groups].map(({ scenario }) => scenario) };
}

/** The programs of a group one after the other. */
export function opsOf(count: number): readonly PlannedOp[] {
  return Array.from({ length: count }, (_, index) => ({
    op: `show ${index}`,
    n: 1,
    atMs: index * 10,
    node: "a",
    args: null,
  }));
}

function groupsOf(rules: readonly Rule[], module: string): readonly Group[] {
  const groups = new Map<unknown, Rule[]>();
  for (const rule of rules) {
    const { nodes, faults, boot, netTicktime, simulatedOnly } = rule.options;
    if (nodes === undefined || simulatedOnly !== undefined) continue;
    const key = faults === undefined && netTicktime === undefined ? (boot ?? null) : rule;
    groups.set(key, [...(groups.get(key) ?? []), rule]);
  }
  return [...groups.values()].map((members) => {
    const [first] = members as [Rule];
    const nodes = [...new Set(members.flatMap(({ options }) => options.nodes ?? []))];
    const title = members.length === 1 ? `${first.title} (alone)` : members.flatMap(({ ids }) => ids).join(", ");
    const shows = members.map(({ show }) => show);
    const ops = opsOf(shows.length);
    // Where nothing goes wrong there is nothing to wait for once all have begun.
    const lasts = first.options.faults === undefined ? { lastsMs: 1 + (ops.at(-1) as PlannedOp).atMs } : {};
    const scenario = scenarioOf(title, { ...first.options, ...lasts, nodes }, shows, module);
    return { rules: members, scenario, ops };
  });
}

/** Nobody is given up because the machine has much else to do. */
const lease = { beat: "1s", lease: "1m", delay: "10s" } as const;

function scenarioOf(
  title: string,
  { nodes = [], boot, faults = [], lastsMs = 1_000, netTicktime }: RuleOptions,
  shows: readonly Showing[],
  module: string,
): Scenario<Node, null> {
  const allShown: Property<null> = property("the rule is shown", ({ history }) => {
    const open = history.entries.filter(({ outcome }) => outcome.type !== "ok").map(({ op }) => op);
    if (history.entries.length === shows.length && open.length === 0) return null;
    return `not come to its end: ${open.join(", ") || "what has not begun"}`;
  });
  return scenario<Node, null>(title, {
    nodes: Object.fromEntries(["a", ...nodes].map((name) => [name, {}])),
    boot: async (place) => {
      const node = await startNode(place, { lease, ...(netTicktime === undefined ? {} : { netTicktime }) });
      const { name, life } = place;
      if (name !== "a" && boot !== undefined) await node.run(boot, { ...stageOf(node, place), name, life });
      return node;
    },
    observe: () => null,
    workload: (w) => {
      for (const [index, show] of shows.entries()) {
        w.op(`show ${index}`, { count: 1, on: "a" }, async ({ node: place }) => {
          await place.app.run(show, stageOf(place.app, place));
        });
      }
    },
    faults,
    eventually: [allShown],
    budget: { virtualMs: lastsMs, settleMs: 120_000 },
    module,
  });
}

function stageOf(
  node: Node,
  place: { mark(name: string): void; peer(name: string): { readonly ref: NodeRef } },
): Stage {
  return { node, ref: (name) => place.peer(name).ref, mark: (name) => place.mark(name) };
}

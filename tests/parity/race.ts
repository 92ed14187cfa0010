import {
  type Fault,
  type FaultContext,
  type Operating,
  property,
  type Property,
  type RandomStream,
  type Scenario,
  scenario,
} from "@espalier/testkit";
import { bootMember, type Member } from "./member.ts";

/** Something whose outcome depends on what comes first. */
export interface Race {
  readonly name: string;
  /** Every outcome that the rules allow. Simulated and real runs may give no other. */
  readonly allowed: readonly string[];
  /** Done on node a, and gives the outcome. */
  readonly run: (operating: Operating<Member>) => Promise<string>;
  /** What goes wrong meanwhile: times are since the race marked `begun`. */
  readonly faults?: (random: RandomStream) => readonly Fault[];
  /** How long that is let to go on. Default: 250. */
  readonly virtualMs?: number;
}

function outcomesOf(races: readonly Race[]): Property<null> {
  return property("only allowed outcomes", ({ history }) => {
    for (const { op, outcome } of history.entries) {
      const race = races.find(({ name }) => name === op);
      if (race === undefined || outcome.type !== "ok" || race.allowed.some((one) => one === outcome.output)) continue;
      return `${op}: expected ${race.allowed.join(" or ")}, got ${JSON.stringify(outcome.output)}`;
    }
    return null;
  });
}

const allOver: Property<null> = property("every race is over", ({ history }) => {
  const open = history.entries.filter(({ outcome }) => outcome.type !== "ok");
  return open.length === 0 ? null : open.map(({ client }) => client).join(", ");
});

const nodes = { a: {}, b: {}, c: {} };

/** A scenario of races, each so many times at random moments. */
export function racing(
  name: string,
  races: readonly Race[],
  { module, count = 1 }: { readonly module: string; readonly count?: number },
): Scenario<Member, null> {
  const faults = ({ random }: FaultContext): readonly Fault[] =>
    races.flatMap(({ name, faults }) => faults?.(random.stream(`faults:${name}`)) ?? []);
  return scenario<Member, null>(name, {
    nodes,
    module,
    boot: bootMember,
    observe: () => null,
    workload: (w) => {
      for (const { name, run } of races) w.op(name, { count, on: "a" }, run);
    },
    faults,
    always: [outcomesOf(races)],
    eventually: [allOver],
    budget: { virtualMs: Math.max(...races.map(({ virtualMs = 250 }) => virtualMs)), settleMs: 20_000 },
  });
}

/** How long a node that crashed may take until the next race can begin. */
const againMs = 500;

/** Races one after the other, each with what goes wrong with it: processes take longer to start than all of them. */
export function inSeries(
  name: string,
  races: readonly Race[],
  { module }: { readonly module: string },
): Scenario<Member, null> {
  const faults = ({ random }: FaultContext): readonly Fault[] =>
    races.flatMap(({ name, faults }, index) => {
      const own = faults?.(random.stream(`faults:${name}`)) ?? [];
      return own.map((fault) => ({ ...fault, after: { mark: "begun", nth: index + 1 } }));
    });
  return scenario<Member, null>(name, {
    nodes,
    module,
    boot: bootMember,
    observe: () => null,
    workload: (w) =>
      w.op("series", { count: 1, on: "a" }, async (operating) => {
        for (const { name, run } of races) operating.node.invoke(name).ok(await run(operating));
      }),
    faults,
    always: [outcomesOf(races)],
    eventually: [allOver],
    budget: {
      virtualMs: races.reduce((sumMs, { virtualMs = 250 }) => sumMs + virtualMs + againMs, 0),
      settleMs: 20_000,
    },
  });
}

/** A fault that begins up to `spreadMs` after the race did. */
export function soonAfter(fault: Fault, random: RandomStream, spreadMs: number, fromMs = 0): Fault {
  return { ...fault, atMs: fromMs + random.below(spreadMs + 1), after: { mark: "begun" } };
}

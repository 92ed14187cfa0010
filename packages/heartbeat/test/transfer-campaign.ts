import type { LeaseParameters } from "@espalier/heartbeat";
import type { Fault, Outcome, Plan, Step } from "./transfer-world.ts";
import { healedAtMs, keyed, World } from "./transfer-world.ts";

export const names: readonly string[] = ["O", "A", "B", "C"];

const links = names.flatMap((from) => names.filter((to) => to !== from).map((to) => `${from}>${to}`));

/** How much goes wrong: nothing, what a network does on a bad day, or anything. */
export type Level = "calm" | "light" | "heavy";

/** The faults that `seed` stands for. Each family is off in half of the seeds, so that others are seen alone. */
export function faultsOf(seed: number, level: Level): Fault[] {
  if (level === "calm") return [];
  const faults: Fault[] = [];
  let nth = 0;
  const draw = (bound: number): number => keyed(seed, "faults", (nth += 1)) % bound;
  const isOn = Array.from({ length: 10 }, () => draw(2) === 1);
  const node = (): string => names[draw(names.length)] as string;
  const link = (): string => links[draw(links.length)] as string;
  const isHeavy = level === "heavy";
  const count = isHeavy ? 8 : 4;
  if (isOn[0]) for (let i = 0; i < count; i += 1) faults.push({ type: "drop", link: link(), nth: 1 + draw(8) });
  if (isOn[1]) {
    for (let i = 0; i < count; i += 1) {
      faults.push({ type: "delay", link: link(), nth: 1 + draw(12), ms: 100 + draw(isHeavy ? 12_000 : 1_500) });
    }
  }
  if (isOn[2]) {
    for (let i = 0; i < count; i += 1) {
      faults.push({ type: "repeat", link: link(), nth: 1 + draw(12), ms: draw(isHeavy ? 15_000 : 2_000) });
    }
  }
  for (let i = 0; i < (isHeavy ? 3 : 1); i += 1) {
    if (!isOn[3]) continue;
    const [from, to] = link().split(">") as [string, string];
    const atMs = draw(8_000);
    faults.push({
      type: "cut",
      from,
      to,
      both: draw(2) === 1,
      atMs,
      untilMs: atMs + 200 + draw(isHeavy ? 15_000 : 1_500),
    });
  }
  if (isOn[4]) {
    const atMs = draw(6_000);
    faults.push({ type: "pause", node: node(), atMs, untilMs: atMs + 200 + draw(isHeavy ? 12_000 : 1_500) });
  }
  if (isOn[5]) {
    // Two clocks may differ by one per cent at most, so each by half of that from the truth.
    for (const name of names) faults.push({ type: "drift", node: name, rate: 1 + (draw(101) - 50) / 10_200 });
  }
  if (isOn[6] && isHeavy) {
    const atMs = draw(8_000);
    faults.push({ type: "suspend", node: node(), atMs, untilMs: atMs + 500 + draw(10_000) });
  }
  for (let i = 0; i < 3; i += 1) {
    if (!(isOn[9] && isHeavy)) continue;
    const [from, to] = link().split(">") as [string, string];
    const atMs = draw(6_000);
    faults.push({ type: "slow", from, to, atMs, untilMs: atMs + draw(10_000), ms: 500 + draw(4_000) });
  }
  for (let i = 0; i < 2; i += 1) {
    if (!(isOn[7 + i] && isHeavy)) continue;
    const atMs = draw(9_000);
    const backAtMs = Math.min(healedAtMs, atMs + 100 + draw(15_000));
    const crashed = node();
    // A node that is down cannot crash, and a paused machine does not come back earlier than it wakes.
    if (!faults.some((fault) => "node" in fault && fault.type !== "drift" && fault.node === crashed)) {
      faults.push({ type: "crash", node: crashed, atMs, backAtMs });
    }
  }
  return faults;
}

/** Two processes that hop about. The first is the classic tour O → A → B → C, or a bounce between two nodes. */
export function plansOf(seed: number): Plan[] {
  let nth = 0;
  const draw = (bound: number): number => keyed(seed, "plans", (nth += 1)) % bound;
  return ["p", "q"].map((process) => {
    const home = process === "p" ? "O" : (names[draw(2)] as string);
    const tour = draw(3) === 0 ? ["A", "O", "A", "O"] : draw(2) === 0 ? ["A", "B", "C"] : [];
    while (tour.length < 5) tour.push(names[draw(names.length)] as string);
    const steps: Step[] = [{ type: "emit" }];
    for (const to of tour) {
      steps.push({ type: "hop", to });
      const effects = draw(4);
      for (let i = 0; i < effects; i += 1) steps.push({ type: "emit" });
      // Most stays are short: the races are between hops that follow closely.
      if (draw(3) === 0) steps.push({ type: "rest", ms: draw(4) === 0 ? draw(7_000) : draw(600) });
    }
    steps.push({ type: "await" }, { type: "emit" });
    const signalsAtMs = Array.from({ length: 5 }, () => 20 + draw(4_000)).sort((a, b) => a - b);
    return { process, home, steps, signalsAtMs };
  });
}

export function runSeed(seed: number, level: Level): Outcome {
  return run(seed, level, faultsOf(seed, level));
}

export interface Finding {
  readonly seed: number;
  readonly violation: string;
  readonly faults: readonly Fault[];
  readonly log: readonly string[];
}

/** Runs the seeds from `from` on; the first that breaks a property, with the smallest list of faults that still breaks one. */
export function campaign(level: Level, from: number, count: number, parameters?: LeaseParameters): Finding | null {
  for (let seed = from; seed < from + count; seed += 1) {
    const outcome = run(seed, level, faultsOf(seed, level), parameters);
    if (outcome.violations.length === 0) continue;
    const faults = shrink(faultsOf(seed, level), (fewer) => run(seed, level, fewer, parameters).violations.length > 0);
    const { violations, log } = run(seed, level, faults, parameters);
    return { seed, violation: violations[0] as string, faults, log };
  }
  return null;
}

function run(seed: number, level: Level, faults: readonly Fault[], parameters?: LeaseParameters): Outcome {
  // Light faults silence nobody for as long as a lease: a verdict would be a false one (P11).
  return new World(seed, names, plansOf(seed), faults, level === "heavy", parameters).run();
}

/** Leaves out one fault after another for as long as it still fails. */
function shrink(faults: readonly Fault[], fails: (faults: readonly Fault[]) => boolean): readonly Fault[] {
  for (let index = 0; index < faults.length; index += 1) {
    const fewer = faults.toSpliced(index, 1);
    if (fails(fewer)) return shrink(fewer, fails);
  }
  return faults;
}

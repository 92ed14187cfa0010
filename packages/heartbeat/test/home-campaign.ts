import { HomeWorld, healedAtMs, type Fault, type Outcome, type Plan } from "./home-world.ts";

export type Level = "calm" | "light" | "heavy";

const names: readonly string[] = ["A", "B", "C", "D"];

/** One run: everything follows from the seed. */
export function runSeed(seed: number, level: Level): Outcome & { readonly faults: readonly Fault[] } {
  const random = generator(seed);
  const pick = (): string => names[Math.floor(random() * names.length)] as string;
  const plans: Plan[] = Array.from({ length: 1 + Math.floor(random() * 3) }, (_, index) => ({
    process: String(index + 1),
    born: pick(),
    moves: Array.from({ length: 1 + Math.floor(random() * 5) }, () => ({ atMs: 200 + random() * 20_000, to: pick() })),
    endsAtMs: random() < 0.3 ? 15_000 + random() * 10_000 : null,
    linked: names.filter(() => random() < 0.6),
  }));
  const faults: Fault[] = [];
  const cuts = level === "calm" ? 0 : 1 + Math.floor(random() * (level === "light" ? 3 : 12));
  for (let index = 0; index < cuts; index += 1) {
    const atMs = 200 + random() * 22_000;
    const untilMs = Math.min(healedAtMs, atMs + random() ** 3 * 12_000);
    faults.push({ type: "cut", a: pick(), b: pick(), atMs, untilMs });
  }
  if (level === "heavy" && random() < 0.7) {
    const atMs = 1_000 + random() * 20_000;
    faults.push({ type: "crash", node: pick(), atMs, backAtMs: Math.min(healedAtMs, atMs + 100 + random() * 9_000) });
  }
  return { ...new HomeWorld(random, names, plans, faults).run(), faults };
}

/** The first seed with a violation, as a story; null when there is none. */
export function campaign(level: Level, first: number, count: number): string | null {
  for (let seed = first; seed < first + count; seed += 1) {
    const { violations, log, faults } = runSeed(seed, level);
    if (violations.length === 0) continue;
    return [`seed ${seed}: ${violations[0]}`, ...faults.map((fault) => JSON.stringify(fault)), ...log].join("\n");
  }
  return null;
}

function generator(seed: number): () => number {
  let state = (seed * 2_654_435_761) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

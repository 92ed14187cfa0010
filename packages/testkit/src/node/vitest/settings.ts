import { hashText, mix } from "../../world/random.ts";
import type { Seeds } from "../../campaign/seeds.ts";

/** What vitest takes from the clock when it is given no seed is above this; what people choose is below. */
const chosenMax = 1_000_000_000_000;

/** Whole milliseconds of `90`, `500ms`, `30s`, `10m` or `1h`; of a bare number, seconds. */
const units: Readonly<Record<string, number>> = { "": 1_000, ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/**
 * CHAOS_SEED: run this seed and no other. CHAOS_SEEDS: so many, or `from..to`. CHAOS_TIME: for so long. CHAOS_CRYPTO: `real` or `plain` for all
 * runs. Null: not said.
 */
export interface ChaosSettings {
  readonly seed: number | null;
  readonly seeds: Seeds | null;
  readonly timeMs: number | null;
  readonly crypto: "real" | "plain" | null;
}

/** @throws RangeError naming the variable, what was expected, and what was found. */
export function chaosSettings(environment: Readonly<Record<string, string | undefined>> = process.env): ChaosSettings {
  const {
    CHAOS_SEED: seed = "",
    CHAOS_SEEDS: seeds = "",
    CHAOS_TIME: time = "",
    CHAOS_CRYPTO: crypto = "",
  } = environment;
  return {
    seed: seed === "" ? null : wholeNumber("CHAOS_SEED", seed),
    seeds: seeds === "" ? null : parseSeeds(seeds),
    timeMs: time === "" ? null : parseTime(time),
    crypto: crypto === "" ? null : parseCrypto(crypto),
  };
}

/**
 * The seed of a test without one of its own: from its name, and from vitest's `--sequence.seed` if somebody chose one. A seed that vitest took
 * from the clock is left out, because a test must do today what it did yesterday.
 */
export function seedOfTest(name: string, sequenceSeed: number | undefined): number {
  const { seed } = chaosSettings();
  if (seed !== null) return seed;
  return hashText(name, mix(sequenceSeed !== undefined && sequenceSeed < chosenMax ? sequenceSeed : 0));
}

function wholeNumber(variable: string, text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value;
  throw new RangeError(`${variable}: expected a whole number of at least 0, got ${JSON.stringify(text)}`);
}

function parseSeeds(text: string): Seeds {
  const range = /^(\d+)\.\.(\d+)$/.exec(text);
  if (range === null) return wholeNumber("CHAOS_SEEDS", text);
  return { from: wholeNumber("CHAOS_SEEDS", range[1] as string), to: wholeNumber("CHAOS_SEEDS", range[2] as string) };
}

function parseTime(text: string): number {
  const [, amount = "", unit = ""] = /^(\d+)(ms|s|m|h)?$/.exec(text) ?? [];
  if (amount !== "") return Number(amount) * (units[unit] as number);
  throw new RangeError(`CHAOS_TIME: expected such as 30s or 10m, got ${JSON.stringify(text)}`);
}

function parseCrypto(text: string): "real" | "plain" {
  if (text === "real" || text === "plain") return text;
  throw new RangeError(`CHAOS_CRYPTO: expected real or plain, got ${JSON.stringify(text)}`);
}

import type { RandomStream } from "../../world/random.ts";
import type { Direction } from "../controls.ts";
import type { Fault } from "../fault.ts";
import { checkCount, pair, spans, type FaultFamily } from "./family.ts";

export interface AdversaryOptions {
  /** At most, in one run. Default: 6. */
  readonly countMax?: number;
  /** How likely each kind is beside the others. Default: all alike. */
  readonly tamper?: number;
  readonly replay?: number;
  readonly cross?: number;
  readonly forge?: number;
}

/** How far it waits for the frame that it strikes. */
const nthMax = 12;

type Make = (atMs: number, link: Direction, nth: number, random: RandomStream) => Fault;

const makers: Readonly<Record<"tamper" | "replay" | "cross" | "forge", Make>> = {
  tamper: (atMs, link, nth, random) => {
    return { atMs, type: "tamper", link, nth, how: random.chance(0.5) ? "flip" : "truncate" };
  },
  replay: (atMs, link, nth) => ({ atMs, type: "replay", link, nth }),
  cross: (atMs, link, nth) => ({ atMs, type: "cross", link, nth }),
  forge: (atMs, link, nth, random) => ({ atMs, type: "forge", link, nth, bytes: random.below(256) }),
};

/** Somebody on the line who cannot read or sign anything, but changes, repeats and invents frames. */
export function adversary(options: AdversaryOptions = {}): FaultFamily {
  const { countMax = 6, tamper = 1, replay = 1, cross = 1, forge = 1 } = options;
  checkCount("countMax", countMax);
  const weights = { tamper, replay, cross, forge };
  for (const [name, weight] of Object.entries(weights)) {
    if (!(weight >= 0 && weight < Infinity)) throw new RangeError(`${name}: expected at least 0, got ${weight}`);
  }
  const total = tamper + replay + cross + forge;
  if (total === 0) throw new RangeError("tamper: expected one kind of at least some weight, got none");
  return spans("adversary", { countMax }, (context, random, { atMs }): readonly Fault[] => {
    const link = pair(context, random);
    const make = pickMaker(weights, random.between(0, total));
    return [make(atMs, link, 1 + random.below(nthMax), random)];
  });
}

/** That into whose weight `at` falls, when all weights lie one behind the other. */
function pickMaker(weights: Readonly<Record<keyof typeof makers, number>>, at: number): Make {
  let left = at;
  for (const kind of ["tamper", "replay", "cross"] as const) {
    left -= weights[kind];
    if (left < 0) return makers[kind];
  }
  return makers.forge;
}

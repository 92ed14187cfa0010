import type { Burst } from "../../messages/rule.ts";
import { kindsOf, manners, type MessageKind } from "../../messages/kinds.ts";
import type { RandomStream } from "../../world/random.ts";
import type { Fault } from "../fault.ts";
import { checkCount, checkShare, pair, spans, type FamilyOptions, type FaultFamily } from "./family.ts";

export interface MessagesFamilyOptions extends Pick<FamilyOptions, "countMax"> {
  /** How likely each is beside the others. Default: all alike. */
  readonly drop?: number;
  readonly duplicate?: number;
  readonly hold?: number;
  /** How long a message is held at most. Default: one second. */
  readonly holdMaxMs?: number;
  /** How many one after another, at most. Default: 3. */
  readonly runMax?: number;
  /** Kinds and prefixes of those that are said again until they are answered. Default: all of these. */
  readonly kinds?: readonly string[];
}

/** How far it waits for the message that it strikes. */
const nthMax = 3;

/** The single messages of some kind that get lost, come twice, or come late. */
export function messages(options: MessagesFamilyOptions = {}): FaultFamily {
  const { countMax = 6, drop = 1, duplicate = 1, hold = 1, holdMaxMs = 1_000, runMax = 3 } = options;
  checkCount("runMax", runMax);
  for (const [name, value] of Object.entries({ drop, duplicate, hold, holdMaxMs })) {
    if (!(value >= 0 && value < Infinity)) throw new RangeError(`${name}: expected at least 0, got ${value}`);
  }
  const total = drop + duplicate + hold;
  if (total === 0) throw new RangeError("drop: expected drop, duplicate or hold to have some weight, got none");
  const kinds = insisted(options.kinds ?? ["*"], options.kinds !== undefined);
  return spans("messages", { countMax }, (context, random, { atMs }): readonly Fault[] => {
    const link = pair(context, random);
    const struck = {
      link,
      kind: random.pick(kinds),
      nth: 1 + random.below(nthMax),
      count: 1 + random.below(runMax),
    };
    const which = random.between(0, total);
    const holdMs = Math.ceil(random.between(0, holdMaxMs));
    if (which < drop) return [{ atMs, type: "drop", ...struck }];
    if (which < drop + duplicate) return [{ atMs, type: "duplicate", ...struck }];
    return [{ atMs, type: "hold", ...struck, holdMs }];
  });
}

export interface LossFamilyOptions extends FamilyOptions {
  /** How many get lost at most, from 0 to 1. Default: 0.2. */
  readonly rate?: number;
  /** Half of the losses come in bursts like this one, in which all do. Default: 5 % of messages begin one, 30 % end it; null: none do. */
  readonly burst?: Burst | null;
}

/** Links that lose messages at random for a while, of those that are said again. */
export function loss(options: LossFamilyOptions = {}): FaultFamily {
  const { rate = 0.2, burst = { begin: 0.05, end: 0.3 } } = options;
  checkShare("rate", rate);
  if (burst !== null) for (const [name, share] of Object.entries(burst)) checkShare(`burst.${name}`, share);
  return spans("loss", options, (context, random: RandomStream, span): readonly Fault[] => {
    const link = pair(context, random);
    const inBursts = random.chance(0.5);
    const own = Number((rate * (1 - random.unit())).toFixed(4));
    if (inBursts && burst !== null) return [{ ...span, type: "loss", link, rate: 1, burst }];
    return [{ ...span, type: "loss", link, rate: own }];
  });
}

function insisted(patterns: readonly string[], isGiven: boolean): readonly MessageKind[] {
  const kinds: MessageKind[] = [];
  for (const pattern of patterns) {
    const included = kindsOf(pattern);
    const strict = included.find((kind) => !manners[kind].insisted);
    if (included.length === 0 || (isGiven && strict !== undefined)) {
      const why = strict === undefined ? "there is none" : `${strict} is not: ${manners[strict].reason}`;
      throw new RangeError(
        `kinds: expected messages that are said again until they are answered, got ${pattern}; ${why}`,
      );
    }
    kinds.push(...included.filter((kind) => manners[kind].insisted));
  }
  return kinds;
}

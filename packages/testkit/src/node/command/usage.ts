import { parseArgs, type ParseArgsConfig } from "node:util";
import { checkSeed, type Seeds } from "../../campaign/seeds.ts";
import type { WorldKind } from "../../scenario/place.ts";
import type { Schedule } from "../../scenario/plan.ts";
import { cryptoNames, type CryptoName } from "./crypto.ts";

/** How a campaign is run from the command line. */
export interface RunRequest {
  readonly command: "run";
  /** Files or folders, each with `#name` for one scenario of it. */
  readonly targets: readonly string[];
  /** Null: as many as the time allows. */
  readonly seeds: Seeds;
  readonly world: WorldKind;
  readonly jobs: number;
  readonly timeMs: number | null;
  readonly schedule: Schedule | null;
  readonly crypto: CryptoName | null;
  readonly out: string;
  readonly json: boolean;
}

export type ChaosRequest =
  | { readonly command: "help" }
  | RunRequest
  | { readonly command: "replay"; readonly file: string; readonly html: string | null; readonly goOn: boolean }
  | { readonly command: "shrink"; readonly file: string; readonly timeMs: number; readonly out: string | null }
  | {
      readonly command: "exhaust";
      readonly target: string;
      readonly bound: number;
      readonly seed: number;
      readonly runsMax: number;
      readonly out: string;
    }
  | {
      readonly command: "determinism";
      readonly targets: readonly string[];
      readonly seeds: Seeds;
      readonly jobs: number;
      readonly crypto: CryptoName | null;
    }
  | {
      readonly command: "mutants";
      readonly file: string;
      readonly only: readonly string[];
      readonly fromScratch: boolean;
      readonly jobs: number;
    };

/** The command line makes no sense; the message says what would. */
export class ChaosUsageError extends Error {
  readonly code = "USAGE";
  constructor(message: string) {
    super(`espalier chaos: ${message}; see espalier chaos --help`);
    this.name = "ChaosUsageError";
  }
}

export const chaosUsage = `espalier chaos: scenarios of @espalier/testkit, under many seeds

  espalier chaos run FILE[#NAME]… [--seeds 1..1000] [--time 60s] [--jobs 2] [--world sim|process]
                     [--schedule fifo|random|pct:DEPTH|delay:BOUND] [--crypto node|portable|plain]
                     [--out FOLDER] [--json]
      Runs the scenarios that a module, or each module of a folder, exports. What fails is made smaller and written to a replay file.
      --seeds FROM..TO   or a number, for 1 to that one. Default: 1..100, or with --time as many as fit
      --time 60s         for the runs of all of them together: 500ms, 60s, 10m or 2h
      --jobs N           how many threads make simulated runs. Default: 1
      --world process    real processes of the operating system instead of simulated machines
      --crypto plain     a cryptography that is only as strong as a simulation needs, for twice as many runs. Default: the plain one
                         for nine simulated runs in ten, and Node's for seeds that end in 1. A replay file says which it was
      --out FOLDER       where replay files go. Default: chaos
      --json             one line of JSON for each scenario, instead of text

  espalier chaos replay FILE.json [--continue] [--html PAGE.html]
      Makes a recorded run again. If code has changed since and the run is not the recorded one any more it says at which event;
      with --continue it goes on from there and says what comes of it.

  espalier chaos shrink FILE.json [--time 10s] [--out FILE.json]
      Makes a recorded run smaller, and writes it to its own file unless told otherwise.

  espalier chaos exhaust FILE[#NAME] [--delay-bound 2] [--seed 1] [--runs 10000] [--out FOLDER]
      Runs every order of what may happen in any order, with up to so many delays. For small scenarios.

  espalier chaos determinism FILE[#NAME]… [--seeds 1..200] [--jobs 2] [--crypto node|portable|plain]
      Runs each seed twice, and says at which event two runs part.

  espalier chaos mutants FILE [--only ID]… [--from-scratch] [--jobs 2]
      Runs a list of mutants: changes of source text that a scenario must notice, each under its recorded seed, or from seed 1 on.

  Exit codes: 0 clean, 1 a property failed (or a mutant survived), 2 a run is not the same twice (or not the recorded one), 3 a fault without
  effect, or a mark that was never reached, 4 a checker gave up, 64 the command line or a file makes no sense, 70 something else went wrong.
`;

/** @throws ChaosUsageError naming what is wrong, and what would be right. */
export function parseChaos(args: readonly string[]): ChaosRequest {
  const [command, ...rest] = args;
  if (command === undefined || command === "help" || args.includes("--help")) return { command: "help" };
  switch (command) {
    case "run":
      return parseRun(rest);
    case "replay": {
      const { positionals, values } = read(command, rest, { html: { type: "string" }, continue: { type: "boolean" } });
      return {
        command,
        file: one(command, positionals),
        html: text(values["html"]),
        goOn: values["continue"] === true,
      };
    }
    case "shrink": {
      const { positionals, values } = read(command, rest, { time: { type: "string" }, out: { type: "string" } });
      const timeMs = parseTime(text(values["time"]) ?? "10s");
      return { command, file: one(command, positionals), timeMs, out: text(values["out"]) };
    }
    case "exhaust": {
      const options = {
        "delay-bound": { type: "string" },
        seed: { type: "string" },
        runs: { type: "string" },
        out: { type: "string" },
      } as const;
      const { positionals, values } = read(command, rest, options);
      const bound = parseCount("--delay-bound", text(values["delay-bound"]) ?? "2", 0);
      const runsMax = parseCount("--runs", text(values["runs"]) ?? "10000", 1);
      const out = text(values["out"]) ?? "chaos";
      return {
        command,
        target: one(command, positionals),
        bound,
        seed: parseSeed(text(values["seed"]) ?? "1"),
        runsMax,
        out,
      };
    }
    case "determinism": {
      const options = { seeds: { type: "string" }, jobs: { type: "string" }, crypto: { type: "string" } } as const;
      const { positionals, values } = read(command, rest, options);
      return {
        command,
        targets: some(command, positionals),
        seeds: parseSeeds(text(values["seeds"]) ?? "1..200"),
        jobs: parseCount("--jobs", text(values["jobs"]) ?? "1", 1),
        crypto: parseCrypto(text(values["crypto"])),
      };
    }
    case "mutants": {
      const options = {
        only: { type: "string", multiple: true },
        "from-scratch": { type: "boolean" },
        jobs: { type: "string" },
      } as const;
      const { positionals, values } = read(command, rest, options);
      const only = (values["only"] as string[] | undefined) ?? [];
      const jobs = parseCount("--jobs", text(values["jobs"]) ?? "1", 1);
      return { command, file: one(command, positionals), only, fromScratch: values["from-scratch"] === true, jobs };
    }
    default:
      throw new ChaosUsageError(
        `expected run, replay, shrink, exhaust, determinism or mutants, got ${JSON.stringify(command)}`,
      );
  }
}

function parseRun(args: readonly string[]): RunRequest {
  const { positionals, values } = read("run", args, {
    seeds: { type: "string" },
    time: { type: "string" },
    jobs: { type: "string" },
    world: { type: "string" },
    schedule: { type: "string" },
    crypto: { type: "string" },
    out: { type: "string" },
    json: { type: "boolean" },
  });
  const world = oneOf("--world", text(values["world"]) ?? "sim", ["sim", "process"]);
  const crypto = parseCrypto(text(values["crypto"]));
  if (world === "process" && crypto === "plain") {
    throw new ChaosUsageError(
      "--crypto plain: expected --world sim, got process: real processes have real cryptography",
    );
  }
  const time = text(values["time"]);
  const seeds = text(values["seeds"]);
  const schedule = text(values["schedule"]);
  const endless = { from: 1, to: Number.MAX_SAFE_INTEGER };
  return {
    command: "run",
    targets: some("run", positionals),
    seeds: seeds === null ? (time === null ? 100 : endless) : parseSeeds(seeds),
    world,
    jobs: parseCount("--jobs", text(values["jobs"]) ?? "1", 1),
    timeMs: time === null ? null : parseTime(time),
    schedule: schedule === null ? null : parseSchedule(schedule),
    crypto,
    out: text(values["out"]) ?? "chaos",
    json: values["json"] === true,
  };
}

type Values = Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>;

function read(
  command: string,
  args: readonly string[],
  options: NonNullable<ParseArgsConfig["options"]>,
): { readonly positionals: readonly string[]; readonly values: Values } {
  try {
    const { positionals, values } = parseArgs({ args: [...args], options, allowPositionals: true });
    return { positionals, values };
  } catch (error) {
    throw new ChaosUsageError(`${command}: ${(error as Error).message}`);
  }
}

function text(value: Values[string]): string | null {
  return typeof value === "string" ? value : null;
}

function one(command: string, positionals: readonly string[]): string {
  const [file, ...more] = positionals;
  if (file === undefined || more.length > 0) {
    throw new ChaosUsageError(
      `${command}: expected one file, got ${positionals.length === 0 ? "none" : positionals.length}`,
    );
  }
  return file;
}

function some(command: string, positionals: readonly string[]): readonly string[] {
  if (positionals.length === 0) throw new ChaosUsageError(`${command}: expected a file, got none`);
  return positionals;
}

function parseCrypto(value: string | null): CryptoName | null {
  return value === null ? null : oneOf("--crypto", value, cryptoNames);
}

function oneOf<T extends string>(option: string, value: string | null, known: readonly T[]): T {
  if (known.includes(value as T)) return value as T;
  throw new ChaosUsageError(`${option}: expected one of ${known.join(", ")}, got ${JSON.stringify(value)}`);
}

function parseCount(option: string, value: string, min: number): number {
  if (/^\d+$/.test(value) && Number.isSafeInteger(Number(value)) && Number(value) >= min) return Number(value);
  throw new ChaosUsageError(`${option}: expected a whole number of at least ${min}, got ${JSON.stringify(value)}`);
}

function parseSeed(value: string): number {
  try {
    return checkSeed("seed", /^\d+$/.test(value) ? Number(value) : value);
  } catch (error) {
    throw new ChaosUsageError((error as Error).message);
  }
}

/** `1..1000`, `1000` for 1 to that, or `7,9,30`. */
function parseSeeds(value: string): Seeds {
  const range = /^(\d+)\.\.(\d+)$/.exec(value);
  if (range !== null) {
    const [from, to] = [parseSeed(range[1] as string), parseSeed(range[2] as string)];
    if (from <= to) return { from, to };
  } else if (/^\d+(,\d+)+$/.test(value)) {
    return value.split(",").map(parseSeed);
  } else if (/^\d+$/.test(value) && Number(value) >= 1) {
    return { from: 1, to: parseSeed(value) };
  }
  throw new ChaosUsageError(
    `--seeds: expected FROM..TO, a number of seeds, or a list such as 7,9, got ${JSON.stringify(value)}`,
  );
}

const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

function parseTime(value: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(value);
  const timeMs = Number(match?.[1]) * (units[match?.[2] ?? ""] ?? NaN);
  if (timeMs > 0) return timeMs;
  throw new ChaosUsageError(`--time: expected such as 500ms, 60s, 10m or 2h, got ${JSON.stringify(value)}`);
}

function parseSchedule(value: string): Schedule {
  const match = /^(?:(fifo|random)|(pct):([1-9]\d*)|(delay):(\d+))$/.exec(value);
  if (match?.[2] !== undefined) return { type: "pct", depth: Number(match[3]) };
  if (match?.[4] !== undefined) return { type: "delay", bound: Number(match[5]) };
  if (match !== null) return { type: match[1] as "fifo" | "random" };
  throw new ChaosUsageError(
    `--schedule: expected fifo, random, pct:DEPTH or delay:BOUND, got ${JSON.stringify(value)}`,
  );
}

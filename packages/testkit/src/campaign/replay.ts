import type { Crypto } from "@espalier/runtime";
import type { RunResult } from "../scenario/result.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { EventLog, firstDifference } from "../world/event-log.ts";
import { ReplayFileError } from "./replay-fields.ts";
import type { ReplayFile } from "./replay-file.ts";
import { simulated, type Runner } from "./run-plan.ts";
import { signatureOf } from "./signature.ts";

export interface ReplayOptions {
  /** Default: Node's. Not for a run that was recorded with the plain one, and that is made with it again. */
  readonly crypto?: Crypto;
  readonly run?: Runner;
  /** Told of each event, in words too where it keeps them. Default: one of its own. */
  readonly log?: EventLog;
}

/** Where a run leaves the recorded one. */
export interface Departure {
  /** The index of the first event that is not the recorded one, from 0. */
  readonly event: number;
  /** How many events were recorded. */
  readonly recorded: number;
  /** What this run did there, with the events around it. */
  readonly lines: readonly string[];
}

/** What came of a replay. */
export interface Replayed {
  readonly result: RunResult;
  /** Whether it failed in the same way as the recorded run. */
  readonly failsAlike: boolean;
  /** Where it left the recorded run, as it does when code has changed; null when it is the same to the end. */
  readonly departure: Departure | null;
  /** All of that for people. */
  readonly text: string;
}

/**
 * Makes a recorded run again. Where code has changed since, it may leave the recorded run: it goes on all the same, to the end, and what comes
 * of that is the result.
 *
 * @throws ReplayFileError when the file is of another scenario, or of one that has changed too much to be run by it.
 */
export async function replay(
  scenario: Scenario<any, any>,
  file: ReplayFile,
  { crypto, run = simulated, log = new EventLog({ lines: true }) }: ReplayOptions = {},
): Promise<Replayed> {
  checkScenario(scenario, file);
  const { seed, faults, ops, schedule } = file;
  const used = file.crypto ?? crypto;
  const result = await run(scenario, {
    seed,
    faults,
    ops,
    schedule,
    log,
    record: true,
    ...(used === undefined ? {} : { crypto: used }),
  });
  const { failure, world } = result;
  const failsAlike = failure !== undefined && signatureOf(failure, scenario.nodes) === file.signature;
  const event = world === "sim" && file.world === "sim" ? firstDifference(file.bytes, log.bytes) : null;
  const departure = event === null ? null : { event, recorded: file.events, lines: log.around(event, 4) };
  return { result, failsAlike, departure, text: describe(file, { result, failsAlike, departure }) };
}

function checkScenario({ name, nodes, ops }: Scenario<any, any>, file: ReplayFile): void {
  if (file.scenario !== name) {
    throw new ReplayFileError(`scenario: expected ${JSON.stringify(name)}, got ${JSON.stringify(file.scenario)}`);
  }
  if (file.nodes.join() !== nodes.join()) {
    throw new ReplayFileError(
      `nodes: expected those of the scenario, ${nodes.join(", ")}, got ${file.nodes.join(", ")}: the scenario has changed since; run it again`,
    );
  }
  const known = ops.map(({ name }) => name);
  for (const { op } of file.ops) {
    if (!known.includes(op)) {
      throw new ReplayFileError(
        `ops: expected operations of the scenario (${known.join(", ") || "it has none"}), got ${JSON.stringify(op)}: ` +
          "the scenario has changed since; take it out of the file, or run the scenario again",
      );
    }
  }
}

function describe(file: ReplayFile, { result, failsAlike, departure }: Omit<Replayed, "text">): string {
  const lines: string[] = [];
  if (departure !== null) lines.push(describeDeparture(departure));
  const { failure } = result;
  if (failure === undefined) {
    lines.push(
      `scenario ${JSON.stringify(file.scenario)} holds: ${file.property} does not fail any more under this plan`,
    );
  } else {
    if (!failsAlike)
      lines.push(`it fails in another way than the recorded run, which was: ${file.property}: ${file.what}`);
    lines.push(failure.text);
  }
  return lines.join("\n");
}

/** Where the run left the recorded one, for people. */
export function describeDeparture({ event, recorded, lines }: Departure): string {
  const where =
    event >= recorded
      ? `goes on where the recorded one ended, after ${recorded} events`
      : `is not the recorded one from event ${event} of ${recorded} on`;
  const shown = lines.length === 0 ? ["    (this run ended there)"] : lines.map((line) => `    ${line}`);
  return [
    `the run ${where}: code has changed since, or the run depends on something outside; there it did`,
    ...shown,
  ].join("\n");
}

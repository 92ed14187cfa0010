import { checkFaults } from "../fault/fault.ts";
import { show } from "../fault/fields.ts";
import type { WorldKind } from "../scenario/place.ts";
import type { Plan } from "../scenario/plan.ts";
import type { RunResult } from "../scenario/result.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { EventLog } from "../world/event-log.ts";
import {
  checkCount,
  checkList,
  checkObject,
  checkOneOf,
  checkOp,
  checkSchedule,
  checkText,
  decodeBytes,
  encodeBytes,
  ReplayFileError,
} from "./replay-fields.ts";
import { simulated, type Runner } from "./run-plan.ts";
import { signatureOf } from "./signature.ts";

/** The version of the files that are written, and the only one that is read. */
export const replayFileVersion = 1;

/** A run that failed, as a file keeps it: all that it takes to make it again, and to see whether it is still the same one. */
export interface ReplayFile extends Plan {
  readonly kit: typeof replayFileVersion;
  readonly scenario: string;
  /** The module that exports the scenario, relative to the file; null when the scenario did not say. */
  readonly module: string | null;
  readonly world: WorldKind;
  /** The version of Node that made the run. */
  readonly node: string;
  readonly nodes: readonly string[];
  /** The property that did not hold, and what it said. */
  readonly property: string;
  readonly what: string;
  /** What another run must have in common with this one to fail in the same way. */
  readonly signature: string;
  readonly traceHash: string;
  readonly events: number;
  /** One byte of each event. */
  readonly bytes: Uint8Array;
}

export interface ReplayFileOptions {
  /** Where the module of the scenario is, from where the file will be. */
  readonly module: string | null;
  /** The version of Node. */
  readonly node: string;
  readonly run?: Runner;
}

/**
 * What a file has to keep of a run that failed. A simulated one is made again for that, and listened to.
 *
 * @throws TypeError when the run did not fail.
 */
export async function replayFileOf(
  scenario: Scenario<any, any>,
  { failure, plan, world, traceHash, events }: RunResult,
  { module, node, run = simulated }: ReplayFileOptions,
): Promise<ReplayFile> {
  if (failure === undefined) throw new TypeError("result: expected a run that failed, got one that held");
  const log = new EventLog();
  if (world === "sim") await run(scenario, { ...plan, log });
  const { name, nodes } = scenario;
  const { property, what } = failure;
  const signature = signatureOf(failure, nodes);
  const made = { kit: replayFileVersion, scenario: name, module, world, node, nodes } as const;
  return { ...made, ...plan, property, what, signature, traceHash, events, bytes: log.bytes };
}

/** The text of a replay file: one line for each fault and each operation, so that people can read it and take lines out. */
export function printReplayFile({ bytes, ...file }: ReplayFile): string {
  const list = (values: readonly unknown[]): string =>
    values.length === 0 ? "[]" : `[\n${values.map((value) => `    ${JSON.stringify(value)}`).join(",\n")}\n  ]`;
  const fields = Object.entries({ ...file, bytes: encodeBytes(bytes) }).map(([key, value]) => {
    const isLong = key === "faults" || key === "ops";
    return `  ${JSON.stringify(key)}: ${isLong ? list(value as readonly unknown[]) : JSON.stringify(value)}`;
  });
  return `{\n${fields.join(",\n")}\n}\n`;
}

const fieldNames = [
  ...["kit", "scenario", "module", "world", "node", "nodes", "seed", "faults", "ops", "schedule", "crypto"],
  ...["property", "what", "signature", "traceHash", "events", "bytes"],
];

/**
 * Reads the text of a replay file, strictly: what is not what this version writes is refused.
 *
 * @throws ReplayFileError naming the field, what was expected, and what was found.
 */
export function parseReplayFile(text: string): ReplayFile {
  const value = parseJson(text);
  const { kit } = checkObject(value, "the file");
  // Before anything else: what a file of another version holds means nothing here.
  if (kit !== replayFileVersion) {
    throw new ReplayFileError(
      `kit: expected version ${replayFileVersion}, got ${show(kit)}: another version of the testkit wrote it; ` +
        "run its scenario again under its seed for a file of this one",
    );
  }
  const fields = checkObject(value, "the file", fieldNames);
  const nodes = checkList(fields["nodes"], "nodes").map((node, index) => checkText(node, `nodes[${index}]`));
  const events = checkCount(fields["events"], "events");
  const world = checkOneOf(fields["world"], "world", ["sim", "process"]);
  const module = fields["module"];
  return {
    kit,
    scenario: checkText(fields["scenario"], "scenario"),
    module: module === null ? null : checkText(module, "module"),
    world,
    node: checkText(fields["node"], "node"),
    nodes,
    seed: checkCount(fields["seed"], "seed"),
    faults: checkFileFaults(fields["faults"], nodes),
    ops: checkList(fields["ops"], "ops").map((op, index) => checkOp(op, `ops[${index}]`, nodes)),
    schedule: checkSchedule(fields["schedule"], "schedule"),
    ...(fields["crypto"] === undefined ? {} : { crypto: checkOneOf(fields["crypto"], "crypto", ["plain"]) }),
    property: checkText(fields["property"], "property"),
    what: checkText(fields["what"], "what"),
    signature: checkText(fields["signature"], "signature"),
    traceHash: checkHash(fields["traceHash"], world),
    events,
    bytes: checkBytes(fields["bytes"], world, events),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ReplayFileError(`expected JSON: ${(error as Error).message}`, { cause: error });
  }
}

function checkFileFaults(value: unknown, nodes: readonly string[]): ReplayFile["faults"] {
  try {
    return checkFaults(checkList(value, "faults"), nodes);
  } catch (error) {
    if (error instanceof ReplayFileError) throw error;
    throw new ReplayFileError((error as Error).message, { cause: error });
  }
}

function checkHash(value: unknown, world: WorldKind): string {
  if (typeof value === "string" && (world !== "sim" || /^[0-9a-f]{16}$/.test(value))) return value;
  throw new ReplayFileError(`traceHash: expected 16 hexadecimal digits, got ${show(value)}`);
}

/** Real processes leave none. */
function checkBytes(value: unknown, world: WorldKind, events: number): Uint8Array {
  const bytes = decodeBytes(value, "bytes");
  const expected = world === "sim" ? events : 0;
  if (bytes.length !== expected) {
    throw new ReplayFileError(`bytes: expected one for each of ${expected} events, got ${bytes.length}`);
  }
  return bytes;
}

import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { ReplayFileError } from "../../campaign/replay-fields.ts";
import { parseReplayFile, printReplayFile, replayFileOf, type ReplayFile } from "../../campaign/replay-file.ts";
import type { RunResult } from "../../scenario/result.ts";
import type { Scenario } from "../../scenario/scenario.ts";
import { loadScenario, type Loaded } from "./load.ts";

/**
 * Writes a run that failed to a replay file, and the folder that it goes into.
 *
 * @param module the path or URL of the module that exports the scenario. Default: what the scenario says.
 * @throws TypeError when the run did not fail.
 */
export async function writeReplay(
  file: string,
  scenario: Scenario<any, any>,
  result: RunResult,
  module: string | null = scenario.module,
): Promise<void> {
  const from = path.dirname(path.resolve(file));
  const relative = module === null ? null : path.relative(from, pathOf(module)).replaceAll(path.sep, "/");
  const content = await replayFileOf(scenario, result, { module: relative, node: process.versions.node });
  await mkdir(from, { recursive: true });
  await writeFile(file, printReplayFile(content));
}

/** @throws ReplayFileError when it cannot be used. */
export async function readReplay(file: string): Promise<ReplayFile> {
  const text = await readFile(file, "utf8");
  try {
    return parseReplayFile(text);
  } catch (error) {
    if (!(error instanceof ReplayFileError)) throw error;
    throw new ReplayFileError(`${error.message.replace(/^replay file: /, "")} (in ${file})`, { cause: error });
  }
}

/** The scenario that a replay file is of, from the module that it names. */
export async function scenarioOfReplay(file: string, { module, scenario }: ReplayFile): Promise<Loaded> {
  if (module === null) {
    throw new ReplayFileError(
      `module: expected the module that exports ${JSON.stringify(scenario)}, got null: write its path into the file, from where the file is`,
    );
  }
  return await loadScenario(path.resolve(path.dirname(file), module), scenario);
}

/** A name for the file of a run: the scenario's, its seed, and a part of its hash, since one seed can fail in several ways. */
export function replayNameOf({ scenario, plan, traceHash }: RunResult): string {
  const words = scenario.toLowerCase().match(/[a-z0-9]+/g) ?? ["scenario"];
  return `${words.join("-").slice(0, 60)}-${plan.seed}${traceHash === "" ? "" : `-${traceHash.slice(0, 8)}`}.json`;
}

function pathOf(module: string): string {
  return module.startsWith("file:") ? fileURLToPath(module) : path.resolve(module);
}

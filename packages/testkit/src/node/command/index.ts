import { compareRuns } from "./determinism.ts";
import { exhaustTarget } from "./exhaust.ts";
import { exitCodes } from "./exit-code.ts";
import { mutantsOfFile } from "./mutants.ts";
import { replayFile, shrinkFile } from "./recorded.ts";
import { runCampaigns } from "./run.ts";
import type { Terminal } from "./terminal.ts";
import { chaosUsage, parseChaos, type ChaosRequest } from "./usage.ts";

export { recordingOfReplay } from "./recording-of-replay.ts";
export { readReplay, replayNameOf, scenarioOfReplay, writeReplay } from "./replay-files.ts";
export { LoadError, loadScenario, loadTarget } from "./load.ts";
export type { Loaded } from "./load.ts";
export { parallelCampaign } from "./parallel.ts";
export type { ParallelOptions } from "./parallel.ts";
export { MutantError } from "../mutants/mutant.ts";
export type { Mutant, MutantList } from "../mutants/mutant.ts";
export { runMutants } from "../mutants/run-mutants.ts";
export type { MutantResult, RunMutantsOptions } from "../mutants/run-mutants.ts";
export type { CryptoName } from "./crypto.ts";
export type { Terminal } from "./terminal.ts";

/**
 * The command `espalier chaos`.
 *
 * @param args what follows it on the command line.
 * @returns the exit code, as its usage text says.
 */
export async function chaos(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    return await perform(parseChaos(args), terminal);
  } catch (error) {
    if (error instanceof Error && isExpected(error)) {
      terminal.error(error.message);
      return exitCodes.usage;
    }
    terminal.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
    return exitCodes.software;
  }
}

async function perform(request: ChaosRequest, terminal: Terminal): Promise<number> {
  switch (request.command) {
    case "help":
      terminal.out(chaosUsage.trimEnd());
      return exitCodes.clean;
    case "run":
      return await runCampaigns(request, terminal);
    case "replay":
      return await replayFile(request, terminal);
    case "shrink":
      return await shrinkFile(request, terminal);
    case "exhaust":
      return await exhaustTarget(request, terminal);
    case "determinism":
      return await compareRuns(request, terminal);
    case "mutants":
      return await mutantsOfFile(request, terminal);
  }
}

/** The command line, or a file that it names. */
const expected: ReadonlySet<unknown> = new Set([
  "USAGE",
  "LOAD",
  "REPLAY_FILE",
  "MUTANT",
  "UNSUPPORTED_FAULT",
  "ENOENT",
]);

function isExpected(error: Error): boolean {
  return expected.has((error as { readonly code?: unknown }).code);
}

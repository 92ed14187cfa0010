import path from "node:path";
import type { TestContext } from "vitest";
import { campaign, type CampaignOptions, type CampaignResult } from "../../campaign/campaign.ts";
import { withReplay } from "../../campaign/describe-campaign.ts";
import { replay } from "../../campaign/replay.ts";
import { runnerOf } from "../../campaign/run-plan.ts";
import type { RunResult } from "../../scenario/result.ts";
import type { Scenario } from "../../scenario/scenario.ts";
import { readReplay, replayNameOf, writeReplay } from "../command/replay-files.ts";
import { writeReport } from "../command/report.ts";
import { quote } from "../command/run.ts";
import { chaosSettings } from "./settings.ts";

export interface ChaosOptions extends Omit<CampaignOptions, "seeds"> {
  /** Default: 100. CHAOS_SEED and CHAOS_SEEDS come first. */
  readonly seeds?: CampaignOptions["seeds"];
  /** Where the files of a failure go. Default: `chaos` in the current folder. */
  readonly folder?: string;
  /** How long the test may take, in real time. Default: none for the campaign itself. */
  readonly timeoutMs?: number;
}

/** Runs until its time is over. */
const endless = { from: 1, to: Number.MAX_SAFE_INTEGER };

/** What a campaign found, as the test's error: its message is what people should read first. */
export class ChaosError extends Error {
  readonly code = "CHAOS";
  /** The replay file, if there is one. */
  readonly file: string | null;
  constructor(message: string, file: string | null, cause: unknown) {
    super(message, cause === undefined ? {} : { cause });
    this.name = "ChaosError";
    this.file = file;
    // Where it was thrown says nothing: the message is the whole story.
    this.stack = `${this.name}: ${message}`;
  }
}

/** Runs a campaign as the body of a test. */
export async function checkChaos(
  context: Pick<TestContext, "annotate">,
  scenario: Scenario<any, any>,
  options: ChaosOptions,
): Promise<void> {
  const { seeds = 100, folder = "chaos", timeoutMs: _, ...rest } = options;
  const said = chaosSettings();
  const timeMs = said.timeMs ?? rest.timeMs;
  const crypto = said.crypto ?? rest.crypto;
  const result = await campaign(scenario, {
    ...rest,
    ...(crypto === undefined ? {} : { crypto }),
    seeds: said.seed === null ? (said.seeds ?? (said.timeMs === null ? seeds : endless)) : [said.seed],
    ...(timeMs === undefined ? {} : { timeMs }),
  });
  if (result.ok || (said.seed !== null && result.failed === 0 && result.nondeterministic === null)) return;
  const failed = result.shrunk ?? result.failures[0] ?? null;
  if (failed === null) throw new ChaosError(result.text, null, undefined);
  const { replay, page } = await keep(path.resolve(folder), scenario, failed);
  // For reporters that show them.
  await context.annotate("replay file", { path: replay, contentType: "application/json" });
  if (page !== null) await context.annotate("report", { path: page, contentType: "text/html" });
  throw new ChaosError(describe(result, scenario, replay, page), replay, failed.failure?.cause);
}

/** Makes the run of a replay file again as the body of a test: it fails as long as the run does. */
export async function checkReplay(scenario: Scenario<any, any>, file: string): Promise<void> {
  const recorded = await readReplay(file);
  const { result, text } = await replay(scenario, recorded, { run: await runnerOf(recorded.world) });
  if (result.ok) return;
  // A seed alone makes another run of it.
  const again = `test.replay(scenario, ${JSON.stringify(file)})`;
  throw new ChaosError(withReplay(text, again), file, result.failure?.cause);
}

/** Writes what failed to a file, with a page beside it. */
async function keep(
  folder: string,
  scenario: Scenario<any, any>,
  failed: RunResult,
): Promise<{ readonly replay: string; readonly page: string | null }> {
  const replay = path.join(folder, replayNameOf(failed));
  await writeReplay(replay, scenario, failed);
  const page = replay.replace(/\.json$/, ".html");
  return { replay, page: (await writeReport(page, scenario, failed, relative(replay))) ? page : null };
}

function describe(
  { text }: CampaignResult,
  { module }: Scenario<any, any>,
  replay: string,
  page: string | null,
): string {
  const file = relative(replay);
  // The command finds the scenario by its module, a test has it in its hands.
  const how =
    module === null ? `test.replay(scenario, ${JSON.stringify(file)})` : `npx espalier chaos replay ${quote(file)}`;
  return [withReplay(text, how), `  file: ${file}`, ...(page === null ? [] : [`  page: ${relative(page)}`])].join("\n");
}

function relative(file: string): string {
  return path.relative(process.cwd(), file);
}

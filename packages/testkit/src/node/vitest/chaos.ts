import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import type { TestContext } from "vitest";
import { campaign, type CampaignOptions, type CampaignResult } from "../../campaign/campaign.ts";
import { replay } from "../../campaign/replay.ts";
import type { RunResult } from "../../scenario/result.ts";
import type { Scenario } from "../../scenario/scenario.ts";
import { readReplay, replayNameOf, writeReplay } from "../command/replay-files.ts";
import { chaosSettings } from "./settings.ts";

export interface ChaosOptions extends Omit<CampaignOptions, "seeds"> {
  /** Default: 100. CHAOS_SEED and CHAOS_SEEDS come first. */
  readonly seeds?: CampaignOptions["seeds"];
  /** Where the files of a failure go. Default: `chaos` in the current folder. */
  readonly folder?: string;
  /** How long the test may take, in real time. Default: none for the campaign itself. */
  readonly timeoutMs?: number;
}

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
  const result = await campaign(scenario, {
    ...rest,
    seeds: said.seed === null ? (said.seeds ?? (said.timeMs === null ? seeds : Number.MAX_SAFE_INTEGER)) : [said.seed],
    ...(timeMs === undefined ? {} : { timeMs }),
  });
  if (result.ok || (said.seed !== null && result.failed === 0 && result.nondeterministic === null)) return;
  const worst = result.shrunk ?? result.failures[0] ?? null;
  if (worst === null) throw new ChaosError(result.text, null, undefined);
  const file = path.resolve(folder, replayNameOf(worst));
  await writeReplay(file, scenario, worst);
  const report = await writeText(file, result);
  // Nobody has to have a reporter that shows them.
  await context.annotate(`replay file: ${file}`, { path: file, contentType: "application/json" });
  throw new ChaosError(describe(result, worst, file, report), file, worst.failure?.cause);
}

/** Runs the run of a replay file as the body of a test: it fails as long as the run does. */
export async function checkReplay(scenario: Scenario<any, any>, file: string): Promise<void> {
  const { result, text } = await replay(scenario, await readReplay(file));
  if (!result.ok) throw new ChaosError(text, file, result.failure?.cause);
}

async function writeText(file: string, { text }: CampaignResult): Promise<string> {
  const report = file.replace(/\.json$/, ".txt");
  await mkdir(path.dirname(report), { recursive: true });
  await writeFile(report, `${text}\n`);
  return report;
}

function describe({ failed, runs }: CampaignResult, { failure }: RunResult, file: string, report: string): string {
  return `${failure?.text ?? ""}\n\n${failed} of ${runs} runs failed; this is the smallest found\nreplay file: ${file}\nreport: ${report}\nas a test: test.replay(scenario, ${JSON.stringify(path.relative(process.cwd(), file))})`;
}

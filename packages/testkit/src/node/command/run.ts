import path from "node:path";
import { campaign, type CampaignResult } from "../../campaign/campaign.ts";
import { withReplay } from "../../campaign/describe-campaign.ts";
import type { RunResult } from "../../scenario/result.ts";
import { elapsedMs } from "../elapsed.ts";
import { cryptoOf } from "./crypto.ts";
import { exitCodeOf, worst } from "./exit-code.ts";
import { loadTarget, type Loaded } from "./load.ts";
import { parallelCampaign } from "./parallel.ts";
import { progress } from "./progress.ts";
import { replayNameOf, writeReplay } from "./replay-files.ts";
import { writeReport } from "./report.ts";
import type { Terminal } from "./terminal.ts";
import type { RunRequest } from "./usage.ts";

/** `chaos run`: a campaign for each scenario, one after another. */
export async function runCampaigns(request: RunRequest, terminal: Terminal): Promise<number> {
  const loaded = (await Promise.all(request.targets.map((target) => loadTarget(target, terminal.cwd)))).flat();
  const codes: number[] = [];
  // The same for each, so that one that fails, and is made smaller, takes nothing from the others.
  const timeMs = request.timeMs === null ? null : request.timeMs / loaded.length;
  for (const each of loaded) {
    if (terminal.stop.aborted) break;
    const result = await runOne(each, { ...request, timeMs }, terminal);
    const code = exitCodeOf(result);
    codes.push(code);
    const written = result.shrunk ?? result.failures[0] ?? null;
    const kept = written === null ? null : await keep(each, written, request, terminal);
    if (request.json) terminal.out(JSON.stringify(toJson(result, code, kept)));
    else sayResult(result, kept, terminal);
  }
  return worst(codes);
}

async function runOne(loaded: Loaded, request: RunRequest, terminal: Terminal): Promise<CampaignResult> {
  const { seeds, timeMs, jobs, world, schedule, crypto } = request;
  const onProgress = progress(loaded.scenario.name, terminal);
  const time = timeMs === null ? {} : { timeMs };
  if (jobs > 1 && world === "sim") {
    return await parallelCampaign(loaded, {
      seeds,
      jobs,
      schedule,
      crypto,
      onProgress,
      signal: terminal.stop,
      ...time,
    });
  }
  let runs = 0;
  const startedMs = elapsedMs();
  return await campaign(loaded.scenario, {
    seeds,
    world,
    ...time,
    ...(schedule === null ? {} : { schedule }),
    ...cryptoOf(crypto),
    onResult: () => onProgress((runs += 1)),
    // Who is asked to end has no time left.
    clock: () => (terminal.stop.aborted ? Infinity : elapsedMs() - startedMs),
  });
}

/** The files of a run that failed, as they are to be typed. */
interface Kept {
  readonly replay: string;
  readonly page: string | null;
}

/** Writes what failed to a file, with a page beside it. */
async function keep(
  { scenario, file }: Loaded,
  failed: RunResult,
  { out }: RunRequest,
  terminal: Terminal,
): Promise<Kept> {
  const written = path.join(out, replayNameOf(failed));
  const absolute = path.resolve(terminal.cwd, written);
  await writeReplay(absolute, scenario, failed, file);
  const page = written.replace(/\.json$/, ".html");
  const isShown = await writeReport(path.resolve(terminal.cwd, page), scenario, failed, written);
  return { replay: written, page: isShown ? page : null };
}

function sayResult(result: CampaignResult, kept: Kept | null, terminal: Terminal): void {
  if (kept === null) return terminal.out(result.text);
  terminal.out(withReplay(result.text, `npx espalier chaos replay ${quote(kept.replay)}`));
  if (kept.page !== null) terminal.out(`  page: ${kept.page}`);
}

/** As a shell takes it. */
export function quote(word: string): string {
  return /^[\w./@:-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

function toJson(result: CampaignResult, exitCode: number, kept: Kept | null): object {
  const { failures, shrunk, ...rest } = result;
  const brief = ({ plan, failure, faults }: RunResult): object => ({
    seed: plan.seed,
    property: failure?.property,
    what: failure?.what,
    faults: faults.map(({ fault }) => fault),
    ops: plan.ops,
  });
  return { ...rest, exitCode, ...kept, failures: failures.map(brief), shrunk: shrunk === null ? null : brief(shrunk) };
}

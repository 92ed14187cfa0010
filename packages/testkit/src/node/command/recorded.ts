import path from "node:path";
import { countOf, withReplay } from "../../campaign/describe-campaign.ts";
import { describeDeparture, replay } from "../../campaign/replay.ts";
import { runnerOf } from "../../campaign/run-plan.ts";
import { shrinkRun } from "../../campaign/shrink-run.ts";
import { exitCodeOfFailure, exitCodes } from "./exit-code.ts";
import { readReplay, scenarioOfReplay, writeReplay } from "./replay-files.ts";
import { writeReport } from "./report.ts";
import { quote } from "./run.ts";
import type { Terminal } from "./terminal.ts";
import type { ChaosRequest } from "./usage.ts";

/** `chaos replay`. */
export async function replayFile(
  { file, html, goOn }: Extract<ChaosRequest, { readonly command: "replay" }>,
  terminal: Terminal,
): Promise<number> {
  const absolute = path.resolve(terminal.cwd, file);
  const recorded = await readReplay(absolute);
  const { scenario } = await scenarioOfReplay(absolute, recorded);
  const { result, departure, text } = await replay(scenario, recorded, { run: await runnerOf(recorded.world) });
  if (departure !== null && !goOn) {
    terminal.out(describeDeparture(departure));
    terminal.out(`  to go on to the end all the same: npx espalier chaos replay ${quote(file)} --continue`);
    return exitCodes.nondeterministic;
  }
  terminal.out(withReplay(text, `npx espalier chaos replay ${quote(file)}`));
  if (html !== null) {
    const isShown = await writeReport(path.resolve(terminal.cwd, html), scenario, result, file);
    terminal.out(isShown ? `  page: ${html}` : "  there is no page of this run: it was not recorded");
  }
  return result.failure === undefined ? exitCodes.clean : exitCodeOfFailure(result.failure);
}

/** `chaos shrink`. */
export async function shrinkFile(
  { file, timeMs, out }: Extract<ChaosRequest, { readonly command: "shrink" }>,
  terminal: Terminal,
): Promise<number> {
  const absolute = path.resolve(terminal.cwd, file);
  const recorded = await readReplay(absolute);
  const { scenario, file: module } = await scenarioOfReplay(absolute, recorded);
  const { result, failsAlike, text } = await replay(scenario, recorded);
  if (!failsAlike) {
    terminal.out(text);
    terminal.out("  only what fails as it was recorded can be made smaller");
    return result.ok ? exitCodes.clean : exitCodes.nondeterministic;
  }
  const shrunk = await shrinkRun(scenario, result, { timeMs });
  const written = out ?? file;
  await writeReplay(path.resolve(terminal.cwd, written), scenario, shrunk, module);
  const sizes = [result, shrunk].map(
    ({ plan }) => `${countOf(plan.faults, "fault")} and ${countOf(plan.ops, "operation")}`,
  );
  terminal.out(`from ${sizes.join(" to ")}:`);
  terminal.out(withReplay(shrunk.failure?.text ?? "", `npx espalier chaos replay ${quote(written)}`));
  return exitCodes.failed;
}

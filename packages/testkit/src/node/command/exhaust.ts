import path from "node:path";
import { withReplay } from "../../campaign/describe-campaign.ts";
import { exhaust } from "../../schedule/exhaust.ts";
import { exitCodeOfFailure, exitCodes, worst } from "./exit-code.ts";
import { loadTarget } from "./load.ts";
import { replayNameOf, writeReplay } from "./replay-files.ts";
import { writeReport } from "./report.ts";
import { quote } from "./run.ts";
import type { Terminal } from "./terminal.ts";
import type { ChaosRequest } from "./usage.ts";

/** `chaos exhaust`. What was not run to the end counts as unknown. */
export async function exhaustTarget(
  { target, bound, seed, runsMax, out }: Extract<ChaosRequest, { readonly command: "exhaust" }>,
  terminal: Terminal,
): Promise<number> {
  const codes: number[] = [];
  for (const { scenario, file } of await loadTarget(target, terminal.cwd)) {
    const { runs, isComplete, failure } = await exhaust(scenario, {
      seed,
      delayBound: bound,
      runsMax,
      inertFaults: "report",
    });
    const name = `scenario ${JSON.stringify(scenario.name)}`;
    if (failure?.failure !== undefined) {
      const written = path.join(out, replayNameOf(failure));
      await writeReplay(path.resolve(terminal.cwd, written), scenario, failure, file);
      terminal.out(`${name}: failed in schedule ${runs}`);
      terminal.out(withReplay(failure.failure.text, `npx espalier chaos replay ${quote(written)}`));
      const page = written.replace(/\.json$/, ".html");
      if (await writeReport(path.resolve(terminal.cwd, page), scenario, failure, written))
        terminal.out(`  page: ${page}`);
      codes.push(exitCodeOfFailure(failure.failure));
    } else if (isComplete) {
      terminal.out(`${name}: all ${runs} schedules with at most ${bound} delays hold under seed ${seed}`);
      codes.push(exitCodes.clean);
    } else {
      terminal.out(`${name}: ${runs} schedules hold, and there are more: raise --runs, or lower --delay-bound`);
      codes.push(exitCodes.unknown);
    }
  }
  return worst(codes);
}

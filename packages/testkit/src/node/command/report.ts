import { writeFile } from "node:fs/promises";
import path from "node:path";
import { simulated } from "../../campaign/run-plan.ts";
import { renderHtml } from "../../report/html.ts";
import type { RunResult } from "../../scenario/result.ts";
import type { Scenario } from "../../scenario/scenario.ts";

/**
 * Writes the page of a run. A simulated one that was not recorded is made again for that.
 *
 * @param replay the replay file of the run, as it is to be typed; null when there is none.
 * @returns whether there was anything to write: real processes that nobody recorded are gone.
 */
export async function writeReport(
  file: string,
  scenario: Scenario<any, any>,
  result: RunResult,
  replay: string | null,
): Promise<boolean> {
  const { record = null } =
    result.world === "sim" ? await simulated(scenario, { ...result.plan, record: true }) : result;
  if (record === null) return false;
  await writeFile(path.resolve(file), renderHtml(record, replay === null ? {} : { file: replay }));
  return true;
}

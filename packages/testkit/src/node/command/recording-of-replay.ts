import path from "node:path";
import type { Recording } from "@espalier/devtools";
import { ReplayFileError } from "../../campaign/replay-fields.ts";
import { replay } from "../../campaign/replay.ts";
import { runnerOf } from "../../campaign/run-plan.ts";
import { recordingOfRun } from "../../record/recording-of-run.ts";
import { readReplay, scenarioOfReplay } from "./replay-files.ts";

/**
 * The run of a replay file as the dev tools show it. The file has what it takes to make the run again, not what there was to see: it is made
 * again once, to the end, also where code has changed since.
 *
 * @param file its path, from the current folder.
 * @throws ReplayFileError when it cannot be used.
 * @throws LoadError when the module that it names has no such scenario.
 */
export async function recordingOfReplay(file: string): Promise<Recording> {
  const absolute = path.resolve(file);
  const recorded = await readReplay(absolute);
  const { scenario } = await scenarioOfReplay(absolute, recorded);
  const { result, departure } = await replay(scenario, recorded, { run: await runnerOf(recorded.world) });
  const { record } = result;
  if (record === undefined) {
    throw new ReplayFileError(
      `world: expected one whose runs can be recorded, got ${JSON.stringify(recorded.world)} (in ${file})`,
    );
  }
  const recording = recordingOfRun(record);
  if (departure === null) return recording;
  return { ...recording, title: `${recording.title}, which is not the recorded run any more` };
}

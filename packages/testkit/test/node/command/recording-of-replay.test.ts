import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { loadScenario, recordingOfReplay, writeReplay } from "../../../src/node/command/index.ts";
import { simulate } from "../../../src/index.ts";

const scenarios = fileURLToPath(new URL("fixture/scenarios.ts", import.meta.url));
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "espalier-recording-"));
});
afterAll(async () => await rm(folder, { recursive: true }));

it(
  "a replay file is opened by making its run again, which is the same each time (S337)",
  { timeout: 60_000 },
  async () => {
    const { scenario } = await loadScenario(scenarios, "forgetful ledger");
    const result = await simulate(scenario, { seed: 19 });
    const file = path.join(folder, "replay.json");
    await writeReplay(file, scenario, result, scenarios);
    const recording = await recordingOfReplay(file);
    expect(recording).toMatchObject({
      ...{ title: "forgetful ledger", source: "chaos", seed: 19 },
      failure: { property: result.failure?.property, atMs: result.failure?.atMs },
    });
    expect(recording.faults).toHaveLength(result.plan.faults.length);
    expect(recording.events.length).toBeGreaterThan(0);
    expect(await recordingOfReplay(file)).toEqual(recording);
  },
);

it("what is no replay file is refused", async () => {
  const file = path.join(folder, "other.json");
  await writeFile(file, "{}");
  await expect(recordingOfReplay(file)).rejects.toThrow(
    /^replay file: kit: expected version 1, got undefined.*other\.json\)$/s,
  );
});

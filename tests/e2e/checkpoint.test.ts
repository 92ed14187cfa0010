import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Entry } from "./checkpoint/counter.ts";

const program = fileURLToPath(new URL("checkpoint/counter.ts", import.meta.url));

const steps = 30;

/** How often it is killed at most: if it is faster than that, it has ended before. */
const kills = 5;

let folder: string;
let child: ChildProcess | null = null;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "espalier-e2e-"));
});
afterEach(async () => {
  child?.kill("SIGKILL");
  await rm(folder, { recursive: true });
});

/** Starts the program, and resolves when it is done, or with what it has printed when it was killed `afterSteps`. */
async function life(afterSteps: number): Promise<string> {
  const one = spawn(process.execPath, [program, join(folder, "data"), join(folder, "ledger"), String(steps)]);
  child = one;
  let output = "";
  let errors = "";
  one.stderr.setEncoding("utf8").on("data", (text: string) => void (errors += text));
  one.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
    if (output.split(".").length > afterSteps) one.kill("SIGKILL");
    // Give it the time to end: its checkpoint goes when the body is over.
    if (output.includes("done")) setTimeout(() => one.kill("SIGKILL"), 200);
  });
  await once(one, "close");
  expect(errors).toBe("");
  return output;
}

test("counts right although it is killed at random moments, and no epoch runs twice", async () => {
  const outputs: string[] = [];
  for (let round = 0; round < kills && !outputs.at(-1)?.includes("done"); round += 1) {
    outputs.push(await life(Math.floor(Math.random() * 10)));
  }
  if (!outputs.at(-1)?.includes("done")) outputs.push(await life(Infinity));
  expect(outputs.filter((output) => output.startsWith("resumed")).length).toBeGreaterThan(0);
  const entries = (await readFile(join(folder, "ledger"), "utf8"))
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Entry);
  for (const { step, sum } of entries) expect(sum).toBe((step * (step + 1)) / 2);
  const seen = entries.map(({ computation, epoch, step }) => `${computation}/${epoch}/${step}`);
  expect(new Set(seen).size).toBe(seen.length);
  // Whatever was begun again begins where it was, or one step after what was written down last.
  for (const [index, { computation, epoch, step }] of entries.entries()) {
    const before = entries[index - 1];
    if (before?.computation !== computation) continue;
    if (epoch === before.epoch) expect(step).toBe(before.step + 1);
    else expect(epoch > before.epoch && (step === before.step || step === before.step + 1)).toBe(true);
  }
  expect(entries.at(-1)).toMatchObject({ step: steps, done: true });
  expect(await readdir(join(folder, "data", "checkpoints"))).toEqual([]);
}, 60_000);

import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseReplayFile, property, scenario } from "../../src/index.ts";
import { checkChaos, checkReplay } from "../../src/node/vitest/chaos.ts";
import { chaosSettings, seedOfTest } from "../../src/node/vitest/settings.ts";
import { lying } from "./door/lying.ts";

const vitest = fileURLToPath(new URL("../vitest.mjs", import.meta.resolve("vitest")));
const root = fileURLToPath(new URL("../../../..", import.meta.url));
const fixture = "packages/testkit/test/node/door/failing.fixture.ts";

interface Outcome {
  readonly title: string;
  readonly status: string;
  readonly failureMessages: readonly string[];
}

/** Runs the tests of the fixture as a user would. Its campaigns write to `folder`. */
async function run(folder: string, ...args: readonly string[]): Promise<ReadonlyMap<string, Outcome>> {
  const written = path.join(folder, "output.json");
  const options = [
    "run",
    "--root",
    root,
    "--config",
    path.join(root, "packages/testkit/test/node/door/config.ts"),
    "--reporter=json",
    `--outputFile=${written}`,
    ...args,
    fixture,
  ];
  const environment = { ...process.env, CHAOS_FOLDER: path.join(folder, "chaos") };
  const output = await new Promise<string>((resolve) => {
    // It ends with 1, as it must.
    execFile(process.execPath, [vitest, ...options], { env: environment }, (_error, stdout, stderr) =>
      resolve(stdout + stderr),
    );
  });
  const text = await readFile(written, "utf8").catch(() => Promise.reject(new Error(output)));
  const { testResults } = JSON.parse(text) as {
    readonly testResults: readonly { readonly assertionResults: readonly Outcome[] }[];
  };
  return new Map(
    testResults.flatMap(({ assertionResults }) => assertionResults).map((outcome) => [outcome.title, outcome]),
  );
}

let folder: string;
let outcomes: ReadonlyMap<string, Outcome>;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "espalier-door-"));
  outcomes = await run(folder, "--sequence.seed=5");
}, 60_000);

afterAll(async () => {
  await rm(folder, { recursive: true });
});

const messageOf = (title: string): string => outcomes.get(title)?.failureMessages.join("\n") ?? "no such test";

describe("a test of the door", { timeout: 60_000 }, () => {
  it("fails when it leaves something behind, and names it", () => {
    expect(messageOf("leaves a timer in a simulated node")).toMatch(
      /left behind after the test:\n {2}- a: a timer of 5000 ms, set at .*failing\.fixture\.ts/,
    );
    expect(messageOf("leaves a timer in a real node")).toMatch(
      /left behind after the test:\n {2}- a timer of 61000 ms, set at .*failing\.fixture\.ts/,
    );
    expect(messageOf("leaves a timer in a real node")).not.toContain("60000");
  });

  it("has a seed from its name and from the seed that vitest was given", () => {
    const seed = seedOfTest("says its seed", 5);
    expect(messageOf("says its seed")).toContain(`expected ${seed} to be 'seed'`);
    expect(seed).not.toBe(seedOfTest("says its seed", 6));
    expect(seed).not.toBe(seedOfTest("says another", 5));
    // What vitest took from the clock.
    expect(seedOfTest("x", 1_800_000_000_000)).toBe(seedOfTest("x", undefined));
  });

  it("that is a campaign fails with the text of the smallest failure, and leaves its files", async () => {
    const message = messageOf("lying");
    expect(message).toMatch(/^ChaosError: .*\n/);
    expect(message).toMatch(/low: a count is above 2/);
    expect(message).toMatch(/again: test\.replay\(scenario, ".*lying-\d+-\w{8}\.json"\)/);
    expect(message).toMatch(/page: .*\.html/);
    const files = (await readdir(path.join(folder, "chaos"))).filter((file) => file !== "attachments");
    expect(files.map((file) => path.extname(file)).toSorted()).toEqual([".html", ".json"]);
    const file = path.join(
      folder,
      "chaos",
      files.find((file) => file.endsWith(".json"))!,
    );
    const recorded = parseReplayFile(await readFile(file, "utf8"));
    expect(recorded).toMatchObject({
      scenario: "lying",
      faults: [],
      ops: [{ op: "raise" }, { op: "raise" }, { op: "raise" }],
    });
    // As a permanent test it fails as long as the run does, and not any more when the code was put right.
    await expect(checkReplay(lying, file)).rejects.toThrow(/low: a count is above 2/);
    await expect(checkReplay({ ...lying, eventually: [property("low", () => null)] }, file)).resolves.toBeUndefined();
  });
});

describe("a campaign", { timeout: 60_000 }, () => {
  const annotate = (() => Promise.resolve({})) as never;
  const seen: number[] = [];
  const counting = scenario("counting", {
    nodes: { a: {} },
    boot: () => ({}),
    always: [property("true", () => null)],
    budget: { virtualMs: 10, settleMs: 10 },
  });
  const check = async (environment: Record<string, string>, seeds = 2): Promise<readonly number[]> => {
    seen.length = 0;
    Object.assign(process.env, environment);
    try {
      await checkChaos({ annotate }, counting, {
        seeds,
        determinism: 0,
        onResult: ({ plan }) => void seen.push(plan.seed),
      });
    } finally {
      for (const name of Object.keys(environment)) delete process.env[name];
    }
    return seen;
  };

  it("runs the seeds that the environment names before its own", async () => {
    expect(await check({})).toEqual([1, 2]);
    expect(await check({ CHAOS_SEED: "77" })).toEqual([77]);
    expect(await check({ CHAOS_SEEDS: "3" })).toEqual([1, 2, 3]);
    expect(await check({ CHAOS_SEEDS: "5..6" })).toEqual([5, 6]);
    expect((await check({ CHAOS_TIME: "100ms" })).length).toBeGreaterThan(2);
    await expect(check({ CHAOS_SEED: "x" })).rejects.toThrow(
      'CHAOS_SEED: expected a whole number of at least 0, got "x"',
    );
    expect(() => chaosSettings({ CHAOS_TIME: "1 day" })).toThrow(
      'CHAOS_TIME: expected such as 30s or 10m, got "1 day"',
    );
    expect(chaosSettings({ CHAOS_TIME: "2m" }).timeMs).toBe(120_000);
  });

  it("fails when a mark is never reached, with no run to replay", async () => {
    const hopeless = { ...counting, sometimes: ["never"] };
    await expect(checkChaos({ annotate }, hopeless, { seeds: 2 })).rejects.toMatchObject({ code: "CHAOS", file: null });
  });
});

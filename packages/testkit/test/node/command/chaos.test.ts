import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chaos } from "../../../src/node/command/index.ts";
import { parseChaos } from "../../../src/node/command/usage.ts";

const scenarios = fileURLToPath(new URL("fixture/scenarios.ts", import.meta.url));
const mutants = fileURLToPath(new URL("fixture/mutants.ts", import.meta.url));
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "espalier-chaos-"));
});
afterAll(async () => await rm(folder, { recursive: true }));

/** Runs a command line, and gives what it said. */
async function run(
  ...args: string[]
): Promise<{ readonly code: number; readonly out: string; readonly error: string }> {
  const [out, error]: [string[], string[]] = [[], []];
  const code = await chaos(args, {
    out: (line) => void out.push(line),
    error: (line) => void error.push(line),
    cwd: folder,
    stop: new AbortController().signal,
  });
  return { code, out: out.join("\n"), error: error.join("\n") };
}

describe("chaos", { timeout: 60_000 }, () => {
  it.each([
    ["ledger", 0, "all held"],
    ["impure", 2, "seed 1 does not run the same way twice: the runs part at event 0"],
    ["untested", 3, "no run reached: never"],
    ["unknown", 4, "linearizable: unknown:"],
    ["in a list 2", 0, "all held"],
  ])("run %s ends with %d", async (name, code, said) => {
    const ended = await run("run", `${scenarios}#${name}`, "--seeds", "1..20");
    expect(ended).toMatchObject({ code, error: "" });
    expect(ended.out).toContain(said);
  });

  it("run makes a failure small, and writes a replay file and a page", async () => {
    const { code, out } = await run("run", `${scenarios}#forgetful`, "--seeds", "60", "--out", "kept");
    expect(code).toBe(1);
    const [, file = ""] =
      /^ {2}again: npx espalier chaos replay (kept\/forgetful-ledger-\d+-[0-9a-f]{8}\.json)$/m.exec(out) ?? [];
    expect(out).toContain("the smallest run that fails like this has 1 fault and 1 operation:");
    expect(out).toContain(`  page: ${file.replace("json", "html")}`);
    expect(
      (await readFile(path.join(folder, file.replace("json", "html")), "utf8")).startsWith("<!doctype html>"),
    ).toBe(true);
    const replayed = await run("replay", file, "--html", "page.html");
    expect(replayed).toMatchObject({ code: 1, error: "" });
    expect(replayed.out).toContain("settled: ");
    expect(await readdir(folder)).toContain("page.html");

    // Changed code: here the file says that other bytes were recorded.
    const text = await readFile(path.join(folder, file), "utf8");
    const bytes = Buffer.from((JSON.parse(text) as { readonly bytes: string }).bytes, "base64");
    bytes[2] = (bytes[2] as number) ^ 1;
    await writeFile(
      path.join(folder, "changed.json"),
      edited(text, { bytes: bytes.toString("base64"), module: scenarios }),
    );
    const changed = await run("replay", "changed.json");
    expect(changed.code).toBe(2);
    expect(changed.out).toContain(`the run is not the recorded one from event 2 of ${bytes.length} on`);
    expect(changed.out).toContain("npx espalier chaos replay changed.json --continue");
    expect(changed.out).not.toContain("again: ");
    const goesOn = await run("replay", "changed.json", "--continue");
    expect(goesOn.code).toBe(1);
    expect(goesOn.out).toContain("settled: ");

    const refuse = async (change: object, message: string): Promise<void> => {
      await writeFile(path.join(folder, "bad.json"), edited(text, { module: scenarios, ...change }));
      expect(await run("replay", "bad.json")).toMatchObject({
        code: 64,
        error: expect.stringContaining(message) as string,
      });
    };
    await refuse({ kit: 2 }, "kit: expected version 1, got 2: another version of the testkit wrote it");
    await refuse({ kit: 3 }, `for a file of this one (in ${path.join(folder, "bad.json")})`);
    await refuse({ seed: -1 }, "seed: expected a whole number from 0");
    await refuse({ faults: [{ atMs: 0, type: "flood" }] }, "faults[0].type: expected one of");
    await refuse({ module: null }, "module: expected the module that exports");
    await refuse({ module: "gone.ts" }, "gone.ts: expected a module, got no such file");
    await refuse({ scenario: "gone" }, 'expected an exported scenario with the name "gone"');
    await refuse({ nodes: ["a", "b", "c"] }, "nodes: expected those of the scenario, a, b, got a, b, c");
  });

  it("run spreads runs over threads, and finds the same", async () => {
    const target = `${scenarios}#forgetful ledger`;
    const [one, two] = await Promise.all(
      ["1", "2"].map(async (jobs) => await run("run", target, "--seeds", "2,6,7,11,12", "--jobs", jobs, "--json")),
    );
    const [first, second] = [one, two].map((ended) => JSON.parse(ended?.out ?? "") as Record<string, unknown>);
    expect(second).toEqual(first);
    expect(first).toMatchObject({ ok: false, runs: 5, exitCode: 1, shrunk: { property: "settled" } });
  });

  it("is a command of espalier, which finds the testkit from where it is called, or by the file", () => {
    const main = fileURLToPath(import.meta.resolve("espalier/command"));
    for (const [cwd, args] of [
      [path.dirname(scenarios), ["--help"]],
      [folder, ["run", scenarios, "--help"]],
    ] as const) {
      const { status, stdout } = spawnSync(process.execPath, [main, "chaos", ...args], { cwd, encoding: "utf8" });
      expect({ status, said: stdout.split("\n")[0] }).toEqual({
        status: 0,
        said: "espalier chaos: scenarios of @espalier/testkit, under many seeds",
      });
    }
  });

  it("run ends with the time", async () => {
    const { code, out } = await run("run", `${scenarios}#ledger`, "--time", "200ms", "--jobs", "2");
    expect(code).toBe(0);
    expect(out).toMatch(/: \d+ runs /);
  });

  it("run says what a scenario in a thread does wrong", async () => {
    const broken = path.join(folder, "broken.mjs");
    await writeFile(
      broken,
      "import { isMainThread } from 'node:worker_threads';\nif (!isMainThread) throw new Error('oops');\n",
    );
    await writeFile(
      path.join(folder, "both.mjs"),
      `import "./broken.mjs";\nexport const s = { name: "s", nodes: ["a"], boot() {}, always: [], eventually: [], sometimes: [], faults: [], ops: [], schedule: { type: "fifo" } };\n`,
    );
    const ended = await run("run", "both.mjs", "--jobs", "2");
    expect(ended).toMatchObject({ code: 70, error: expect.stringContaining("oops") as string });
  });

  it("run says which scenario of which file makes no sense", async () => {
    const file = path.join(folder, "hollow.mjs");
    const testkit = new URL("../../../src/index.ts", import.meta.url).href;
    await writeFile(
      file,
      `import { scenario } from "${testkit}";\nexport const s = scenario("s", { nodes: { a: {} }, boot() {} });\n`,
    );
    const message = `${file}: scenario "s": expected a property; without one it cannot fail`;
    expect(await run("run", "hollow.mjs")).toMatchObject({ code: 64, error: message });
  });

  it("shrink makes a recorded run smaller", async () => {
    const { shrinkable } = await recordWhole();
    const { code, out } = await run("shrink", shrinkable, "--out", "small.json");
    expect(code).toBe(1);
    expect(out).toMatch(/^from \d faults and 10 operations to 1 fault and 1 operation:/);
    expect((await run("replay", "small.json")).code).toBe(1);
  });

  it("determinism and exhaust say what they have run", async () => {
    const twice = await run("determinism", `${scenarios}#ledger`, "--seeds", "1..5");
    expect(twice).toMatchObject({ code: 0, out: expect.stringContaining("5 seeds run twice") as string });
    expect((await run("determinism", `${scenarios}#impure`, "--seeds", "1..5")).code).toBe(2);
    const threads = await run(
      "determinism",
      `${scenarios}#impure`,
      "--seeds",
      "1..3",
      "--jobs",
      "2",
      "--crypto",
      "plain",
    );
    expect(threads).toMatchObject({
      code: 2,
      out: expect.stringContaining("does not run the same way twice") as string,
    });
    const several = await run("determinism", scenarios, "--seeds", "1..3");
    expect(several.code).toBe(2);
    expect(several.out).toMatch(/^scenario "ledger": 3 seeds run twice, \d+ events, no difference$/m);
    expect(several.out).toMatch(/^7 scenarios: 19 seeds run twice, \d+ events, 1 of them not the same twice$/m);
    const all = await run("exhaust", `${scenarios}#ledger`, "--delay-bound", "1");
    expect(all).toMatchObject({
      code: 0,
      out: expect.stringMatching(/all \d+ schedules with at most 1 delays hold/) as string,
    });
    expect((await run("exhaust", `${scenarios}#unknown`)).code).toBe(4);
    const failed = await run(
      "exhaust",
      `${scenarios}#forgetful`,
      "--delay-bound",
      "0",
      "--seed",
      "19",
      "--out",
      "orders",
    );
    expect(failed).toMatchObject({ code: 1, out: expect.stringMatching(/^ {2}page: orders\/.*\.html$/m) as string });
    expect((await readdir(path.join(folder, "orders"))).filter((name) => name.endsWith(".html"))).toHaveLength(1);
  });

  it("mutants says which were caught", async () => {
    const all = await run("mutants", mutants, "--jobs", "2");
    expect(all).toMatchObject({ code: 1, out: expect.stringContaining("1 of 2 mutants caught") as string });
    expect(await run("mutants", mutants, "--only", "M1")).toMatchObject({ code: 0 });
    expect(await run("mutants", mutants, "--only", "M7")).toMatchObject({
      code: 64,
      error: "mutant M7: expected one of M1, M2",
    });
    expect((await run("mutants", scenarios)).error).toContain("expected one exported list of mutants");
  });

  it.each([
    [["run", "gone.ts"], "gone.ts: expected a module or a folder of modules, got no such file"],
    [["run", `${scenarios}#nobody`], 'a scenario with the name "nobody", got "forgetful ledger"'],
    [["replay", "gone.json"], "ENOENT"],
    [["fly"], 'expected run, replay, shrink, exhaust, determinism or mutants, got "fly"; see espalier chaos --help'],
  ])("%j ends with 64 and says why", async (args, message) => {
    expect(await run(...args)).toMatchObject({ code: 64, out: "", error: expect.stringContaining(message) as string });
  });
});

function edited(text: string, change: object): string {
  return JSON.stringify({ ...(JSON.parse(text) as object), ...change });
}

/** A replay file of a run that nobody has made smaller. */
async function recordWhole(): Promise<{ readonly shrinkable: string }> {
  const { loadScenario, writeReplay } = await import("../../../src/node/command/index.ts");
  const { simulate } = await import("../../../src/index.ts");
  const { scenario } = await loadScenario(scenarios, "forgetful");
  const shrinkable = path.join(folder, "whole.json");
  await writeReplay(shrinkable, scenario, await simulate(scenario, { seed: 19 }));
  return { shrinkable };
}

describe("the command line of chaos", () => {
  const run = { command: "run", targets: ["a.ts"], seeds: 100, world: "sim", jobs: 1, timeMs: null, out: "chaos" };

  it.each<[readonly string[], object]>([
    [[], { command: "help" }],
    [["run", "--help"], { command: "help" }],
    [["run", "a.ts"], run],
    [["run", "a.ts", "b.ts#c"], { targets: ["a.ts", "b.ts#c"] }],
    [["run", "a.ts", "--seeds", "5..9"], { seeds: { from: 5, to: 9 } }],
    [["run", "a.ts", "--seeds", "9"], { seeds: { from: 1, to: 9 } }],
    [["run", "a.ts", "--seeds", "9,3"], { seeds: [9, 3] }],
    [["run", "a.ts", "--time", "1.5m"], { timeMs: 90_000, seeds: { from: 1, to: Number.MAX_SAFE_INTEGER } }],
    [["run", "a.ts", "--schedule", "pct:3"], { schedule: { type: "pct", depth: 3 } }],
    [["run", "a.ts", "--schedule", "delay:2"], { schedule: { type: "delay", bound: 2 } }],
    [["run", "a.ts", "--schedule", "random"], { schedule: { type: "random" } }],
    [
      ["run", "a.ts", "--world", "process", "--jobs", "4", "--crypto", "portable", "--json"],
      { world: "process", jobs: 4, crypto: "portable", json: true },
    ],
    [["replay", "a.json"], { command: "replay", file: "a.json", html: null, goOn: false }],
    [["replay", "a.json", "--html", "b.html", "--continue"], { html: "b.html", goOn: true }],
    [["shrink", "a.json"], { command: "shrink", timeMs: 10_000, out: null }],
    [["exhaust", "a.ts"], { command: "exhaust", bound: 2, seed: 1, runsMax: 10_000 }],
    [["run", "a.ts", "--crypto", "plain"], { crypto: "plain" }],
    [["determinism", "a.ts"], { command: "determinism", seeds: { from: 1, to: 200 }, jobs: 1, crypto: null }],
    [
      ["determinism", "a.ts", "b", "--jobs", "2", "--crypto", "plain"],
      { targets: ["a.ts", "b"], jobs: 2, crypto: "plain" },
    ],
    [
      ["mutants", "a.ts", "--only", "B1", "--only", "B2", "--from-scratch"],
      { only: ["B1", "B2"], fromScratch: true, jobs: 1 },
    ],
  ])("understands %j", (args, request) => {
    expect(parseChaos(args)).toMatchObject(request);
  });

  it.each([
    [["run"], "run: expected a file, got none"],
    [["run", "a.ts", "--seeds", "9..1"], "--seeds: expected FROM..TO"],
    [["run", "a.ts", "--seeds", "0"], "--seeds: expected FROM..TO"],
    [
      ["run", "a.ts", "--seeds", "1..9007199254740992"],
      "seed: expected a whole number from 0 to 9007199254740991, got 9007199254740992",
    ],
    [["run", "a.ts", "--time", "60"], "--time: expected such as 500ms"],
    [["run", "a.ts", "--time", "0s"], "--time: expected such as 500ms"],
    [["run", "a.ts", "--jobs", "0"], "--jobs: expected a whole number of at least 1"],
    [["run", "a.ts", "--world", "moon"], "--world: expected one of sim, process"],
    [["run", "a.ts", "--crypto", "rot13"], "--crypto: expected one of node, portable, plain"],
    [["run", "a.ts", "--crypto", "plain", "--world", "process"], "--crypto plain: expected --world sim, got process"],
    [["determinism"], "determinism: expected a file, got none"],
    [["run", "a.ts", "--schedule", "pct"], "--schedule: expected fifo, random, pct:DEPTH or delay:BOUND"],
    [["run", "a.ts", "--seed", "1"], "run: Unknown option '--seed'"],
    [["replay"], "replay: expected one file, got none"],
    [["shrink", "a", "b"], "shrink: expected one file, got 2"],
    [["exhaust", "a.ts", "--seed", "x"], "seed: expected a whole number"],
  ])("says what is wrong with %j", (args, message) => {
    expect(() => parseChaos(args)).toThrow(message);
  });
});

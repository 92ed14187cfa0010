import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it, vi } from "vitest";
import {
  property,
  renderHtml,
  scenario,
  simulate,
  type Direction,
  type Fault,
  type RunResult,
  type Scenario,
} from "@espalier/testkit";
import * as processes from "@espalier/testkit/process";
import {
  type Counting,
  asking,
  failing,
  forbidding,
  idle,
  insisting,
  throwing,
  unbootable,
  unsettled,
  waiting,
} from "./scenarios.ts";

// A machine with much else to do takes its time to start processes.
vi.setConfig({ testTimeout: 60_000 });

const compileCache = mkdtempSync(path.join(tmpdir(), "espalier-cache-"));
afterAll(() => rmSync(compileCache, { recursive: true }));

const runInProcesses: typeof processes.runInProcesses = (one, plan, options) =>
  processes.runInProcesses(one, plan, { dilation: 1, compileCache, ...options });

const outcomes = ({ history }: RunResult): string[] => history.entries.map(({ outcome }) => outcome.type);
const effects = ({ faults }: RunResult): unknown => faults.map(({ fault, effective }) => [fault.type, effective]);

async function run(one: Scenario<any, any>, faults: readonly Fault[], seed = 1): Promise<RunResult> {
  const result = await runInProcesses(one, { seed, faults });
  expect(result.failure?.text).toBeUndefined();
  return result;
}

describe("a scenario in processes", () => {
  it("boots, does its operations and holds, with the keys, random numbers and slowed down clocks of a run", async () => {
    // A wall clock that were not slowed down would end leases, as that of a machine that slept does.
    const together = property<Counting>("wall clocks keep up", ({ nodes }) => {
      const away = nodes.filter(({ seen }) => Math.abs(seen?.wallGainedMs ?? Infinity) > 20);
      return away.length === 0 ? null : JSON.stringify(away.map(({ seen }) => seen));
    });
    const slow = { ...asking, eventually: [...asking.eventually, together] };
    const startedMs = performance.now();
    const real = await runInProcesses(slow, { seed: 3 }, { dilation: 3 });
    const tookMs = performance.now() - startedMs;
    expect(real.failure?.text).toBeUndefined();
    expect(real).toMatchObject({ ok: true, world: "process", traceHash: "", plan: { seed: 3 } });
    expect(tookMs).toBeGreaterThan(1_200);
    expect(real.virtualMs * 3).toBeLessThan(tookMs);
    const simulated = await simulate(asking, { seed: 3 });
    expect(real.plan.ops).toEqual(simulated.plan.ops);
    expect(real.marks.get("asked")).toBe(5);
    expect(real.marks.get("node.up")).toBe(2);
    const inputs = ({ history }: RunResult): unknown =>
      history.entries.map(({ client, op, input }) => [client, op, input]);
    expect(inputs(real)).toEqual(inputs(simulated));
    expect(outcomes(real)).toEqual(["ok", "ok", "ok", "ok", "ok"]);
    for (const { invokedMs, outcome } of real.history.entries) {
      expect(outcome.type === "ok" && outcome.atMs >= invokedMs && outcome.atMs < real.virtualMs).toBe(true);
    }
  });

  it("kills processes, and starts them again with their disk, without, or not at all", async () => {
    const lives = property<Counting>("lives", ({ nodes }) => {
      const [a, b, c] = nodes.map(({ life, state, seen }) => `${state} in life ${life}, started ${seen?.starts} times`);
      const wanted = [
        "running in life 2, started 2 times",
        "running in life 2, started 1 times",
        "gone in life 1, started undefined times",
      ];
      return JSON.stringify([a, b, c]) === JSON.stringify(wanted) ? null : JSON.stringify([a, b, c]);
    });
    const result = await run({ ...idle, eventually: [lives] }, [
      { atMs: 50, type: "crash", node: "a", lastsMs: 50 },
      { atMs: 60, type: "crash", node: "b", lastsMs: 50, wipe: true },
      { atMs: 70, type: "crash", node: "c", forGood: true },
    ]);
    expect(effects(result)).toEqual([
      ["crash", 1],
      ["crash", 1],
      ["crash", 1],
    ]);
  });

  it("stops a process, makes one busy, parts them, and sends a machine to sleep: what is asked is answered then; and lets clocks run wrong", async () => {
    const links: readonly Direction[] = [
      ["a", "b"],
      ["b", "a"],
    ];
    const after = (nth: number) => ({ atMs: 0, lastsMs: 400, after: { mark: "answered", nth } }) as const;
    const clocks = property<Counting>("clocks", ({ nodes }) => {
      const [a, b] = nodes.map(({ seen }) => seen) as [Counting, Counting];
      const isAstray = a.gainedMs > 50 && a.wallMs - b.wallMs > 59_000;
      return isAstray && b.gainedMs < -250 && b.gainedMs > -550 ? null : JSON.stringify([a, b]);
    });
    const result = await run({ ...waiting, eventually: [...waiting.eventually, clocks] }, [
      { atMs: 0, type: "drift", node: "a", rate: 1.1, lastsMs: null },
      { atMs: 0, type: "step", node: "b", byMs: -60_000 },
      { ...after(1), type: "pause", node: "b" },
      { ...after(2), type: "block", node: "b" },
      { ...after(3), type: "partition", links },
      { ...after(4), type: "suspend", node: "b" },
    ]);
    const outcome = result.history.entries[0]?.outcome;
    const tookMs = outcome?.type === "ok" ? (outcome.output as readonly number[]) : [];
    expect(tookMs.map((ms) => ms > 150)).toEqual([true, true, true, true]);
    expect(result.faults.filter(({ effective }) => effective === 0)).toEqual([]);
  });

  it("cuts connections, kills sessions whose frames were tampered with, strikes messages; all is made again", async () => {
    const after = (nth: number) => ({ atMs: 30, after: { mark: "node.up", nth } }) as const;
    const result = await run(insisting, [
      { ...after(2), type: "cut", between: ["a", "b"] },
      { ...after(4), type: "tamper", link: ["a", "b"], how: "flip" },
      { ...after(6), type: "tamper", link: ["b", "a"], how: "truncate" },
      { ...after(8), type: "drop", link: ["b", "a"], kind: "signal.reply", nth: 1 },
    ]);
    expect(effects(result)).toEqual([
      ["cut", 1],
      ["tamper", 1],
      ["tamper", 1],
      ["drop", 1],
    ]);
    // Each of the two nodes saw the link come up: once, and once again after each of the four.
    expect(result.marks.get("node.up")).toBeGreaterThanOrEqual(10);
  });
});

describe("a run in processes fails", () => {
  const fails = async (one: Scenario<any, any>): Promise<RunResult["failure"]> =>
    (await runInProcesses(one, { seed: 1 })).failure;

  it("when a property does not hold in the end, or at a time; and it leaves a page", async () => {
    const result = await runInProcesses(unsettled, { seed: 1 });
    const what = "this never holds, 100 ms after all was healed";
    expect(result.failure).toMatchObject({ property: "never", what });
    expect(result.record).toMatchObject({
      world: "process",
      failure: { property: "never", what },
      nodes: [{ name: "a", states: [{ state: "booting" }, { state: "running", toMs: null }] }],
      state: [{ name: "a", tree: expect.arrayContaining([expect.objectContaining({ name: "counter" })]) }],
    });
    expect(renderHtml(result.record as NonNullable<typeof result.record>)).toContain(what);
    expect(await fails(forbidding)).toMatchObject({ property: "nobody makes heartbeats", what: "a did" });
  });

  it("when an operation does, with its error", async () => {
    const failure = await fails(failing);
    expect(failure).toMatchObject({ property: "op fail", what: "fail 1 on a: TypeError: oops" });
    expect(failure?.cause).toMatchObject({ name: "TypeError", message: "oops", code: "OOPS" });
  });

  it("when something throws where nobody catches", async () => {
    expect(await fails(throwing)).toMatchObject({ property: "runs on", what: "uncaught on a: nobody catches this" });
  });

  it("when a node does not boot", async () => {
    expect(await fails(unbootable)).toMatchObject({ property: "boots", what: "a: Error: a cannot boot" });
  });

  it("when the module cannot be imported, or exports no such scenario", async () => {
    const missing = new URL("./nowhere.ts", import.meta.url).href;
    const [unknown, unheard] = await Promise.all([
      fails({ ...failing, module: missing }),
      fails({ ...failing, name: "unheard of" }),
    ]);
    expect(unknown).toMatchObject({
      property: "loads",
      what: expect.stringMatching(/nowhere\.ts cannot be imported: .*module of its own/),
    });
    expect(unheard?.what).toMatch(/exports no scenario "unheard of", but .*"asking", .*"failing"/);
  });

  it("before it begins, when the scenario does not say its module", async () => {
    const homeless = scenario("homeless", {
      nodes: { a: {} },
      boot: () => null,
      always: [property("any", () => null)],
    });
    await expect(runInProcesses(homeless, { seed: 1 })).rejects.toThrow(/homeless.*option module.*import\.meta\.url/);
  });
});

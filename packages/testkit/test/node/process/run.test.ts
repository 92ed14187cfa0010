import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it, vi } from "vitest";
import {
  property,
  scenario,
  simulate,
  type Direction,
  type Fault,
  type PlannedOp,
  type RunResult,
  type Scenario,
} from "../../../src/index.ts";
import * as processes from "../../../src/node/process/run-in-processes.ts";
import { type Counting, asking, failing, forbidding, throwing, unbootable, unsettled, waiting } from "./scenarios.ts";

// A machine with much else to do takes its time to start processes.
vi.setConfig({ testTimeout: 60_000 });

const compileCache = mkdtempSync(path.join(tmpdir(), "espalier-cache-"));
afterAll(() => rmSync(compileCache, { recursive: true }));

const runInProcesses: typeof processes.runInProcesses = (one, plan, options) =>
  processes.runInProcesses(one, plan, { dilation: 1, compileCache, ...options });

const ask = (n: number, atMs: number): PlannedOp => ({ op: "add", n, atMs, node: "a", args: n });
const outcomes = ({ history }: RunResult): string[] => history.entries.map(({ outcome }) => outcome.type);

async function run(
  faults: readonly Fault[],
  ops: readonly PlannedOp[] = [ask(1, 50), ask(2, 100), ask(3, 300)],
): Promise<RunResult> {
  const result = await runInProcesses(asking, { seed: 1, faults, ops });
  expect(result.failure?.text).toBeUndefined();
  return result;
}

describe("a scenario in processes", () => {
  it("boots, does its operations and holds, with the keys and random numbers of a simulated run", async () => {
    const real = await runInProcesses(asking, { seed: 3 });
    expect(real.failure?.text).toBeUndefined();
    expect(real).toMatchObject({ ok: true, world: "process", traceHash: "", plan: { seed: 3 } });
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

  it("kills a process and starts it again with its disk, or without", async () => {
    for (const wipe of [false, true]) {
      const again = property<Counting>("again", ({ nodes }) => {
        const { life, seen } = nodes[1] as (typeof nodes)[1];
        return life === 2 && seen?.life === 2 && seen.starts === (wipe ? 1 : 2) ? null : JSON.stringify(seen);
      });
      const faults: Fault[] = [{ atMs: 100, type: "crash", node: "b", lastsMs: 50, wipe }];
      const result = await runInProcesses({ ...asking, eventually: [again] }, { seed: 1, faults, ops: [ask(1, 50)] });
      expect(result.failure?.text).toBeUndefined();
      expect(result.faults).toMatchObject([{ applied: true, effective: 1 }]);
    }
  });

  it("does not start a process again that is gone for good, and does not wait for it", async () => {
    const result = await runInProcesses(
      { ...asking, eventually: [property("state", ({ nodes }) => (nodes[1]?.state === "gone" ? null : "b is there"))] },
      { seed: 1, faults: [{ atMs: 100, type: "crash", node: "b", forGood: true }], ops: [] },
    );
    expect(result.failure?.text).toBeUndefined();
  });

  /** How long an operation took that was asked for while something lasted. */
  async function waits(fault: Fault): Promise<unknown> {
    const result = await runInProcesses(waiting, { seed: 1, faults: [{ ...fault, after: { mark: "answered" } }] });
    expect(result.failure?.text).toBeUndefined();
    expect(result.faults[0]?.effective).toBeGreaterThan(0);
    const { outcome } = result.history.entries[0] ?? {};
    return outcome?.type === "ok" ? outcome.output : null;
  }

  it("stops a process for a while: what it is asked meanwhile is answered afterwards", async () => {
    expect(await waits({ atMs: 0, type: "pause", node: "b", lastsMs: 400 })).toBeGreaterThan(150);
  });

  it("keeps an event loop busy for a while", async () => {
    expect(await waits({ atMs: 0, type: "block", node: "b", lastsMs: 400 })).toBeGreaterThan(150);
  });

  it("holds everything back in a partition, and delivers it when that is over", async () => {
    const links: readonly Direction[] = [
      ["a", "b"],
      ["b", "a"],
    ];
    expect(await waits({ atMs: 0, type: "partition", links, lastsMs: 400 })).toBeGreaterThan(150);
  });

  it("cuts connections, which are made again", async () => {
    const result = await run([{ atMs: 0, after: { mark: "node.up", nth: 2 }, type: "cut", between: ["a", "b"] }]);
    expect(result.marks.get("node.up")).toBeGreaterThan(2);
    expect(result.faults[0]?.effective).toBe(1);
  });

  it("kills a session whose frame was tampered with, and it is made again", async () => {
    for (const how of ["flip", "truncate"] as const) {
      const after = { mark: "node.up", nth: 2 };
      const result = await run([{ atMs: 0, after, type: "tamper", link: ["a", "b"], how }]);
      expect(result.faults[0]?.effective).toBe(1);
      expect(result.marks.get("node.down")).toBeGreaterThan(0);
      expect(result.marks.get("node.up")).toBeGreaterThan(2);
    }
  });

  it("strikes messages within the node that sends them", async () => {
    const drop: Fault = { atMs: 0, type: "drop", link: ["b", "a"], kind: "signal.reply", nth: 1 };
    const result = await run([drop], [ask(1, 50)]);
    expect(result.faults[0]?.effective).toBe(1);
    expect(result.marks.get("node.down")).toBeGreaterThan(0);
  });

  it("lets clocks run wrong", async () => {
    const faults: Fault[] = [
      { atMs: 0, type: "drift", node: "a", rate: 1.1, lastsMs: null },
      { atMs: 0, type: "step", node: "b", byMs: -3_600_000 },
      { atMs: 100, type: "suspend", node: "b", lastsMs: 200 },
    ];
    const clocks = property<any>("clocks", ({ nodes }) => {
      const [a, b] = nodes.map(({ seen }) => seen);
      return a?.gainedMs > 20 && a.wallMs - b.wallMs > 3_599_000 && b.gainedMs < -150 ? null : JSON.stringify([a, b]);
    });
    const result = await runInProcesses({ ...asking, eventually: [clocks] }, { seed: 1, faults, ops: [] });
    expect(result.failure?.text).toBeUndefined();
  });

  it("takes as long as it is told to, by all its clocks", async () => {
    const startedMs = performance.now();
    // A wall clock that were not slowed down would end leases, as that of a machine that slept does.
    const together = property<any>("wall clocks keep up", ({ nodes }) => {
      const away = nodes.filter(({ seen }) => Math.abs(seen?.wallGainedMs ?? Infinity) > 20);
      return away.length === 0 ? null : JSON.stringify(away.map(({ seen }) => seen));
    });
    const slow = { ...asking, eventually: [...asking.eventually, together] };
    const result = await runInProcesses(slow, { seed: 1, faults: [], ops: [ask(1, 50)] }, { dilation: 3 });
    expect(result.failure?.text).toBeUndefined();
    const tookMs = performance.now() - startedMs;
    expect(tookMs).toBeGreaterThan(1_800);
    expect(result.virtualMs * 3).toBeLessThan(tookMs);
  });
});

describe("a run in processes fails", () => {
  const fails = async (one: Scenario<any, any>): Promise<RunResult["failure"]> =>
    (await runInProcesses(one, { seed: 1 })).failure;

  it("when a property does not hold in the end, or at a time", async () => {
    expect(await fails(unsettled)).toMatchObject({
      property: "never",
      what: "this never holds, 100 ms after all was healed",
    });
    expect(await fails(forbidding)).toMatchObject({
      property: "nobody connects",
      what: expect.stringMatching(/^[ab] did$/),
    });
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
    expect(await fails(unbootable)).toMatchObject({ property: "boots", what: "b: Error: b cannot boot" });
  });

  it("when the module cannot be imported, or exports no such scenario", async () => {
    const missing = new URL("./nowhere.ts", import.meta.url).href;
    expect(await fails({ ...asking, module: missing })).toMatchObject({
      property: "loads",
      what: expect.stringMatching(/nowhere\.ts cannot be imported: .*module of its own/),
    });
    expect((await fails({ ...asking, name: "unheard of" }))?.what).toMatch(
      /exports no scenario "unheard of", but "asking", "failing"/,
    );
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

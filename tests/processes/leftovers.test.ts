import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, it, vi } from "vitest";
import { runInProcesses } from "@espalier/testkit/process";
import type { Fault, PlannedOp } from "@espalier/testkit";
import { asking, failing } from "./scenarios.ts";

// A machine with much else to do takes its time to start processes.
vi.setConfig({ testTimeout: 60_000 });

const compileCache = mkdtempSync(path.join(tmpdir(), "espalier-cache-"));
afterAll(() => rmSync(compileCache, { recursive: true }));

const leftovers = (): object => ({
  directories: readdirSync(tmpdir()).filter((name) => name.startsWith("espalier-run-")),
  handles: process.getActiveResourcesInfo().filter((type) => /Process|TCP|Pipe/.test(type)),
  listeners: ["exit", "SIGINT", "SIGTERM"].map((event) => process.listenerCount(event)),
});

const failsAt = (atMs: number): PlannedOp => ({ op: "fail", n: 1, atMs, node: "a", args: null });

it("leaves no process, port, listener or directory, whether a run held or not (S156)", async () => {
  const before = leftovers();
  const paused = (node: string, atMs: number): Fault[] => [{ atMs, type: "pause", node, lastsMs: null }];
  await runInProcesses(asking, { seed: 1, faults: paused("b", 350) }, { compileCache });
  await runInProcesses(failing, { seed: 1, faults: paused("a", 10), ops: [failsAt(0)] }, { compileCache });
  // What was closed is counted until the event loop has come round.
  await vi.waitFor(() => expect(leftovers()).toEqual(before), { timeout: 5_000 });
});

for (const signal of ["SIGTERM", "SIGKILL"] as const) {
  it(`leaves nothing when whoever runs it ends by ${signal}, not even a process that was stopped`, async () => {
    const program = fileURLToPath(new URL("./long-run.ts", import.meta.url));
    const runner = spawn(process.execPath, [program], {
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, NODE_COMPILE_CACHE: compileCache },
    });
    let output = "";
    runner.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
    await vi.waitFor(() => expect(output).toMatch(/stopped \d+, running \d+ in .*\n/), {
      timeout: 30_000,
      interval: 20,
    });
    const [, stopped = "", running = "", directory = ""] = /stopped (\d+), running (\d+) in (.*)\n/.exec(output) ?? [];
    runner.kill(signal);
    await once(runner, "exit");
    const lives = (pid: string): boolean => {
      try {
        return process.kill(Number(pid), 0);
      } catch {
        return false;
      }
    };
    await vi.waitFor(() => expect([stopped, running].filter(lives)).toEqual([]), { timeout: 10_000, interval: 20 });
    await vi.waitFor(() => expect(readdirSync(tmpdir())).not.toContain(directory), { timeout: 10_000, interval: 20 });
  });
}

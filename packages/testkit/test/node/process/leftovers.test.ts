import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { expect, it, vi } from "vitest";
import { runInProcesses } from "../../../src/node/process/run-in-processes.ts";
import { asking, failing } from "./scenarios.ts";

// A machine with much else to do takes its time to start processes.
vi.setConfig({ testTimeout: 60_000 });

const leftovers = (): object => ({
  directories: readdirSync(tmpdir()).filter((name) => name.startsWith("espalier-run-")),
  handles: process.getActiveResourcesInfo().filter((type) => /Process|TCP|Pipe/.test(type)),
  listeners: ["exit", "SIGINT", "SIGTERM"].map((event) => process.listenerCount(event)),
});

it("leaves no process, port, listener or directory, whether a run held or not", async () => {
  const before = leftovers();
  await runInProcesses(asking, { seed: 1, faults: [{ atMs: 350, type: "pause", node: "b", lastsMs: null }] });
  await runInProcesses(failing, { seed: 1, faults: [{ atMs: 0, type: "pause", node: "b", lastsMs: null }] });
  // What was closed is counted until the event loop has come round.
  await vi.waitFor(() => expect(leftovers()).toEqual(before), { timeout: 5_000 });
});

for (const signal of ["SIGTERM", "SIGKILL"] as const) {
  it(`leaves nothing when whoever runs it ends by ${signal}, not even a process that was stopped`, async () => {
    const program = fileURLToPath(new URL("./long-run.ts", import.meta.url));
    const runner = spawn(process.execPath, [program], { stdio: ["ignore", "pipe", "inherit"] });
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

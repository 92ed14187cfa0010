import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { processMeans } from "../../src/node/index.ts";

const fixture = fileURLToPath(new URL("./orphan.fixture.ts", import.meta.url));

/** The processes of sandboxes whose parent is `parent`. */
function sandboxesOf(parent: number): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const isOurs = readFileSync(`/proc/${pid}/status`, "utf8").includes(`PPid:\t${parent}\n`);
        return isOurs && readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("process-main");
      } catch {
        return false; // It has ended in the meantime.
      }
    });
}

function isAlive(pid: number): boolean {
  try {
    return !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false; // Nobody has that number.
  }
}

const { hardMemory, noNetwork, diesWithNode } = processMeans();

it.skipIf(!(hardMemory && noNetwork && diesWithNode))(
  "a sandbox process has no environment, no network and a limit on its data, and dies with its node (S178)",
  async () => {
    const node = spawn(process.execPath, [fixture], { stdio: ["ignore", "pipe", "inherit"] });
    try {
      await new Promise((resolve) => node.stdout.once("data", resolve));
      const [pid, ...others] = sandboxesOf(node.pid as number);
      if (pid === undefined) throw new Error("no sandbox was started");
      expect(others).toEqual([]);
      // So that the zone of the machine is not seen.
      expect(readFileSync(`/proc/${pid}/environ`, "utf8")).toBe("TZ=UTC\0");
      const interfaces = readFileSync(`/proc/${pid}/net/dev`, "utf8").matchAll(/^\s*(\w+):/gm);
      expect([...interfaces].map(([, name]) => name)).toEqual(["lo"]);
      expect(readFileSync(`/proc/${pid}/limits`, "utf8")).toMatch(/^Max data size\s+\d+/m);
      node.kill("SIGKILL");
      for (let tries = 0; isAlive(pid) && tries < 100; tries += 1) await setTimeout(50);
      expect(isAlive(pid)).toBe(false);
    } finally {
      node.kill("SIGKILL");
    }
  },
  60_000,
);

import { spawn } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { once } from "node:events";
import { createInterface } from "node:readline";
import path from "node:path";
import { expect, it, onTestFinished } from "vitest";

const main = path.join(import.meta.dirname, "../../src/command/main.ts");

it.each([
  ["that listens", ["--listen", "0"]],
  ["that only resumes what it has", []],
])("a node %s runs until it is asked to end (S223)", { timeout: 60_000 }, async (_, args) => {
  const child = spawn(process.execPath, [main, "node", ...args], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const ended = once(child, "exit");
  const [address] = await once(createInterface(child.stdout), "line");
  expect(address).toMatch(/#[\w-]{43}$/);
  // A program whose event loop is empty ends at once.
  expect(await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 200, "runs"))])).toBe("runs");
  child.kill("SIGTERM");
  expect(await ended).toEqual([0, null]);
});

it(
  "several keys are several nodes behind one port, each with its own data, and end together",
  { timeout: 60_000 },
  async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "espalier-command-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const keys = ["a", "b", "c"].flatMap((name) => ["--key", path.join(folder, `${name}.key`)]);
    const args = [main, "node", "--listen", "0", ...keys, "--data", path.join(folder, "data")];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    onTestFinished(() => void child.kill("SIGKILL"));
    const ended = once(child, "exit");
    const addresses: string[] = [];
    for await (const line of createInterface(child.stdout)) if (addresses.push(line) === 3) break;
    expect(new Set(addresses.map((address) => address.split("#")[0])).size).toBe(1);
    expect(new Set(addresses.map((address) => address.split("#")[1])).size).toBe(3);
    expect(await readdir(path.join(folder, "data"))).toEqual(["a", "b", "c"]);
    child.kill("SIGTERM");
    expect(await ended).toEqual([0, null]);
  },
);

import { spawn } from "node:child_process";
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

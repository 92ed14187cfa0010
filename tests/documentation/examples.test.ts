import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Checked } from "./check.ts";
import { type Fence, findFences } from "./fence.ts";
import { instrument } from "./instrument.ts";

const top = path.join(import.meta.dirname, "../..");
const folder = path.join(import.meta.dirname, ".examples"); // git-ignored; here, so that the packages resolve
const timeoutMs = 30_000;

const fences: readonly Fence[] = findFences(top);
/** Each example is a program of its own, and all of them load the same packages. */
const compileCache = mkdtempSync(path.join(tmpdir(), "espalier-cache-"));
afterAll(() => rmSync(compileCache, { recursive: true }));
/** The compiler's complaints, by module. */
const complaints = new Map<string, string[]>();

beforeAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  writeFileSync(
    path.join(folder, "tsconfig.json"),
    JSON.stringify({
      extends: "../../../tsconfig.json",
      compilerOptions: { noUnusedLocals: false, noUnusedParameters: false },
      include: ["*.ts"],
    }),
  );
  for (const fence of fences) {
    let { code } = fence;
    try {
      ({ code } = instrument(code, "../check.ts"));
    } catch (error) {
      complaints.set(moduleName(fence), [String(error)]);
    }
    writeFileSync(path.join(folder, moduleName(fence)), code);
  }
  const { output } = await run("tsc", ["-p", ".", "--pretty", "false"]);
  for (const line of output.split("\n")) {
    const [, module, row, message] = /^(?:.*\/)?([^/(]+)\((\d+),\d+\): (.*)$/.exec(line) ?? [];
    if (module === undefined) continue;
    complaints.set(module, [...(complaints.get(module) ?? []), `line ${row} of the example: ${message}`]);
  }
}, timeoutMs);

test("the documentation has examples", () => {
  expect(fences.length).toBeGreaterThan(0);
});

for (const fence of fences) {
  const name = `${fence.file}:${fence.line}`;
  test.concurrent(name, { timeout: timeoutMs + 5000 }, async ({ expect: expectHere }) => {
    const module = moduleName(fence);
    expectHere(complaints.get(module) ?? [], `${name} compiles`).toEqual([]);
    if (!fence.runs) return;
    const checkedFile = path.join(folder, `${module}.json`);
    const { code, output } = await run("node", [module], { ESPALIER_CHECKED: checkedFile });
    expectHere(code === 13 ? "ended before its top-level await did" : code, `${name} runs\n${output}`).toBe(0);
    const { promises } = instrument(fence.code, "../check.ts");
    if (promises.length === 0) return; // it promises no value, and so reports none
    const checked = JSON.parse(readFileSync(checkedFile, "utf8")) as Checked[];
    for (const { line, actual, expected, equal } of checked) {
      expectHere(equal, `line ${fence.line + line - 1}: expected ${expected}, got ${actual}`).toBe(true);
    }
    const reached = new Set(checked.map(({ line }) => line));
    const missed = promises.filter((line) => !reached.has(line));
    expectHere(missed, "lines of the example that promise a value and were never reached").toEqual([]);
  });
}

function moduleName(fence: Fence): string {
  return `${fence.file.replaceAll(/[^a-z0-9]+/gi, "-")}-${fence.line}.ts`;
}

/** Runs a program among the examples; its output is both streams. */
function run(
  program: string,
  args: string[],
  env: Record<string, string> = {},
): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const options = {
      cwd: folder,
      env: { ...process.env, NODE_COMPILE_CACHE: compileCache, ...env },
      timeout: timeoutMs,
      killSignal: "SIGKILL",
    } as const;
    execFile(program, args, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : -1;
      resolve({ code, output: stdout + stderr + (error?.killed === true ? `\nended after ${timeoutMs} ms` : "") });
    });
  });
}

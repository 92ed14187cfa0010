import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Checked } from "./check.ts";
import { type Fence, findFences } from "./fence.ts";
import { instrument } from "./instrument.ts";
import { Runners } from "./runners.ts";

const top = path.join(import.meta.dirname, "../..");
const folder = path.join(import.meta.dirname, ".examples"); // git-ignored; here, so that the packages resolve
const timeoutMs = 30_000;

const fences: readonly Fence[] = findFences(top);
/** All examples load the same packages. */
const compileCache = mkdtempSync(path.join(tmpdir(), "espalier-cache-"));
const env = { ...process.env, NODE_COMPILE_CACHE: compileCache };
const runners = new Runners({ cwd: folder, env }, timeoutMs);
afterAll(() => {
  runners.stop();
  rmSync(compileCache, { recursive: true });
});
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
    const { promises } = instrument(fence.code, "../check.ts");
    const checked = await checkedBy(module, name, expectHere);
    for (const { line, actual, expected, equal } of checked) {
      expectHere(equal, `line ${fence.line + line - 1}: expected ${expected}, got ${actual}`).toBe(true);
    }
    const reached = new Set(checked.map(({ line }) => line));
    const missed = promises.filter((line) => !reached.has(line));
    expectHere(missed, "lines of the example that promise a value and were never reached").toEqual([]);
  });
}

/**
 * What a module checked. It runs in a program with others; if that does not go well, in one of its own: whoever changes what a program has once,
 * such as its signals, is no neighbour for others.
 */
async function checkedBy(module: string, name: string, expectHere: typeof expect): Promise<readonly Checked[]> {
  const ran = await runners.run(module);
  if (ran?.error === null && ran.checked.every(({ equal }) => equal)) return ran.checked;
  const checkedFile = path.join(folder, `${module}.json`);
  const { code, output } = await run("node", [module], { ESPALIER_CHECKED: checkedFile });
  expectHere(code === 13 ? "ended before its top-level await did" : code, `${name} runs\n${output}`).toBe(0);
  // One that promises no value reports none.
  return existsSync(checkedFile) ? (JSON.parse(readFileSync(checkedFile, "utf8")) as Checked[]) : [];
}

function moduleName(fence: Fence): string {
  return `${fence.file.replaceAll(/[^a-z0-9]+/gi, "-")}-${fence.line}.ts`;
}

/** Runs a program among the examples; its output is both streams. */
function run(
  program: string,
  args: string[],
  extra: Record<string, string> = {},
): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const options = {
      cwd: folder,
      env: { ...env, ...extra },
      timeout: timeoutMs,
      killSignal: "SIGKILL",
    } as const;
    execFile(program, args, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : -1;
      resolve({ code, output: stdout + stderr + (error?.killed === true ? `\nended after ${timeoutMs} ms` : "") });
    });
  });
}

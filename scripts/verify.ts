// Everything that must hold, suite by suite: `npm test` runs all, `npm test -- lint unit` those named. Each suite has a
// budget in seconds; being over it is a warning, being far over it a failure. The last line is the sum of all tests.

import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

interface Suite {
  readonly name: string;
  readonly budgetSeconds: number;
  /** The program and its arguments. */
  readonly command: readonly string[];
  /** Whether the command is vitest, which counts tests; any other suite counts as one. */
  readonly countsTests?: boolean;
}

interface Outcome {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** What we read of vitest's JSON report. */
interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  /** The files; one that could not be loaded has failed without an assertion. */
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[];
}

const top: string = path.dirname(import.meta.dirname);
const { packageManager } = JSON.parse(readFileSync(path.join(top, "package.json"), "utf8")) as {
  packageManager: string;
};

/** Suites of one row run side by side, rows one after the other: what measures time or starts OS processes runs alone. */
const rows: readonly (readonly Suite[])[] = [
  [
    { name: "types", budgetSeconds: 30, command: ["tsc"] },
    { name: "types of the page", budgetSeconds: 20, command: ["tsc", "-p", "tsconfig.page.json"] },
    { name: "lint", budgetSeconds: 30, command: ["oxlint"] },
    { name: "format", budgetSeconds: 10, command: ["oxfmt", "--check"] },
  ],
  [{ name: "pack", budgetSeconds: 60, command: turbo("pack:check") }],
  // By default vitest leaves one core to itself, which on a machine of two is half of it. Tests are given up late: a machine with much else to
  // do is no mistake of theirs.
  [vitest("unit", 180, ["@espalier/*", "espalier", "examples"], ["--maxWorkers=100%", "--testTimeout=30000"])],
  [vitest("simulation", 60, ["simulation"])],
  [vitest("tidy", 20, ["tidy"])],
  [vitest("documentation", 60, ["documentation"])],
  [vitest("mutants", 75, ["mutants"])],
  [vitest("conformance", 75, ["conformance"], ["--maxWorkers=100%"])],
  [vitest("tools", 45, ["tools"])],
  [vitest("programs", 35, ["programs"])],
  [vitest("parity", 75, ["parity"])],
  [vitest("browser", 75, ["browser"])],
  // Both wait more than they compute.
  [vitest("processes", 60, ["processes"]), vitest("e2e", 120, ["e2e"])],
];

/** Output is collected, so programs cannot see whether anybody can read colours. */
const env: NodeJS.ProcessEnv = { ...process.env, ...(process.stdout.isTTY ? { FORCE_COLOR: "1" } : { NO_COLOR: "1" }) };
const named = process.argv.slice(2);
const known = rows.flat().map((suite) => suite.name);
const unknown = named.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  console.error(`No suite is called ${unknown.join(" or ")}. There are: ${known.join(", ")}.`);
  process.exit(2);
}

const reports: string = mkdtempSync(path.join(tmpdir(), "espalier-verify-"));
const sum = { passed: 0, failed: 0, skipped: 0 };
for (const row of rows) {
  const wanted = row.filter((suite) => named.length === 0 || named.includes(suite.name));
  for (const outcome of await Promise.all(wanted.map(run))) {
    sum.passed += outcome.passed;
    sum.failed += outcome.failed;
    sum.skipped += outcome.skipped;
  }
}
rmSync(reports, { recursive: true });
process.exitCode = sum.failed === 0 ? 0 : 1;
console.log(`${sum.passed} passed, ${sum.failed} failed${sum.skipped === 0 ? "" : `, ${sum.skipped} skipped`}`);

/** turbo starts pnpm for every task, so pnpm is put on its PATH. */
function turbo(task: string): string[] {
  const options = ["--output-logs=errors-only", "--continue=dependencies-successful"];
  return ["npx", "-y", "--prefer-offline", "--package", packageManager, "--", "turbo", task, ...options];
}

function vitest(
  name: string,
  budgetSeconds: number,
  projects: readonly string[],
  options: readonly string[] = [],
): Suite {
  const command = ["vitest", "run", ...options, ...projects.map((project) => `--project=${project}`)];
  return { name, budgetSeconds, command, countsTests: true };
}

/** Runs one suite and prints its line; a suite that fails shows what it said. */
async function run(suite: Suite): Promise<Outcome> {
  const report = path.join(reports, `${suite.name}.json`);
  const reporters = suite.countsTests ? ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`] : [];
  const [program = "", ...args] = [...suite.command, ...reporters];
  const startedMs = performance.now();
  const { code, output, overdue } = await execute(program, args, suite.budgetSeconds * 4000);
  const seconds = (performance.now() - startedMs) / 1000;

  const ok = code === 0;
  const outcome = suite.countsTests ? readReport(report, ok) : { passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0 };

  if (!ok) console.log(`\n${output.trimEnd()}\n`);
  const tests = suite.countsTests ? `, ${outcome.passed + outcome.failed + outcome.skipped} tests` : "";
  const time = `${seconds.toFixed(1)} s of ${suite.budgetSeconds} s`;
  console.log(`${ok ? "ok    " : "FAILED"} ${suite.name.padEnd(14)} ${time}${tests}`);
  if (overdue) console.log(`       ${suite.name} was ended: it ran for four times its budget`);
  else if (seconds > suite.budgetSeconds) console.log(`       warning: ${suite.name} is over its budget`);
  return outcome;
}

/** Runs a program to its end, or to the limit. */
function execute(
  program: string,
  args: readonly string[],
  limitMs: number,
): Promise<{ code: number | null; output: string; overdue: boolean }> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: top, env, stdio: ["ignore", "pipe", "pipe"], detached: true });
    let output = "";
    let overdue = false;
    const collect = (text: string): void => void (output += text);
    child.stdout.setEncoding("utf8").on("data", collect);
    child.stderr.setEncoding("utf8").on("data", collect);
    const endGroup = (): void => void (child.pid !== undefined && process.kill(-child.pid, "SIGKILL"));
    const limit = setTimeout(() => {
      overdue = true;
      endGroup();
    }, limitMs);
    const interrupted = (): void => {
      endGroup();
      process.exit(130);
    };
    process.once("SIGINT", interrupted).once("SIGTERM", interrupted);
    const finish = (code: number | null): void => {
      clearTimeout(limit);
      process.off("SIGINT", interrupted).off("SIGTERM", interrupted);
      resolve({ code, output, overdue });
    };
    child.on("error", (error) => {
      output += error.message;
      finish(null);
    });
    child.on("close", finish);
  });
}

/** The sums of vitest's report. A vitest that fails without a failed test (it died, say) counts as one failure. */
function readReport(file: string, ok: boolean): Outcome {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return { passed: 0, failed: 1, skipped: 0 }; // ended before it wrote one; its output says why
  }
  const report = JSON.parse(text) as Report;
  const unloaded = report.testResults.filter(
    (result) => result.status === "failed" && result.assertionResults.length === 0,
  );
  const failed = report.numFailedTests + unloaded.length;
  return {
    passed: report.numPassedTests,
    failed: ok ? failed : Math.max(1, failed),
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

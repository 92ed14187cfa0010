// Runs one program through every tool, and compares what its definitions are called and do.

import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import path from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { Report } from "./program/app.ts";
import { type Run, type Tool, tools } from "./tools.ts";

/** What came of one run: the report, or the error that ended it. */
export type Outcome = { readonly report: Report } | { readonly error: string };

export interface Row {
  readonly tool: string;
  /** With an engine that can be asked. */
  readonly seen: Outcome;
  /** With one that cannot. */
  readonly blind: Outcome;
}

const tests: string = path.dirname(import.meta.dirname);

/** Each tool's row, in their order; the first is the program as it was written. */
export async function findings(): Promise<readonly Row[]> {
  // Where packages are found as they are from the program, and files named .js are ES modules.
  const top = mkdtempSync(path.join(tests, "node_modules", ".tools-"));
  writeFileSync(path.join(top, "package.json"), '{ "type": "module" }');
  try {
    const rows: Row[] = [];
    const waiting = [...tools.entries()];
    const work = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const [index, tool] = next;
        rows[index] = await rowOf(tool, path.join(top, String(index)));
      }
    };
    await Promise.all(Array.from({ length: Math.max(2, availableParallelism()) }, work));
    return rows;
  } finally {
    rmSync(top, { recursive: true });
  }
}

async function rowOf(tool: Tool, folder: string): Promise<Row> {
  mkdirSync(folder, { recursive: true });
  const run = await tool.prepare(folder);
  return { tool: tool.name, seen: await execute(run, {}), blind: await execute(run, { ESPALIER_BLIND: "1" }) };
}

function execute({ args, env }: Run, more: Readonly<Record<string, string>>): Promise<Outcome> {
  return new Promise((resolve) => {
    const { NODE_OPTIONS: _, VITEST: __, ...inherited } = process.env;
    const options = { cwd: tests, env: { ...inherited, NO_COLOR: "1", ...env, ...more }, timeout: 90_000 };
    execFile(process.execPath, args, options, (_error, stdout, stderr) => {
      const line = stdout.split("\n").find((one) => one.startsWith("{"));
      if (line === undefined) return resolve({ error: `${stderr}\n${stdout}` });
      const said = JSON.parse(line) as Report | { readonly error: string };
      return resolve("error" in said ? said : { report: said });
    });
  });
}

/** What to do, by what the error says: every error that is expected is one of these. */
const remedies: readonly (readonly [says: RegExp, cell: string])[] = [
  [/set the target to ES2022 or newer/, "says to raise the target"],
  [/Build without renaming/, "says to build without renaming"],
];

/** The table of the page about tools. */
export function table(rows: readonly Row[]): string {
  const [first] = rows as readonly [Row, ...Row[]];
  if (!("report" in first.seen)) throw new Error(first.seen.error);
  const { report } = first.seen;
  const lines = rows.map(
    ({ tool, seen, blind }) => `| ${[tool, ...cells(seen, report), without(blind, report)].join(" | ")} |`,
  );
  return ["| Tool | Works | Same hashes | Without an inspector |", "| --- | --- | --- | --- |", ...lines].join("\n");
}

function without(outcome: Outcome, expected: Report): string {
  const [works, same] = cells(outcome, expected);
  return works === "yes" ? same : works;
}

function cells(outcome: Outcome, expected: Report): readonly [works: string, same: string] {
  if ("error" in outcome) {
    const remedy = remedies.find(([says]) => says.test(outcome.error))?.[1] ?? outcome.error;
    return [remedy, "none"];
  }
  const { observed, hashes } = outcome.report;
  const names = Object.keys(expected.hashes);
  const same = names.filter((name) => hashes[name] === expected.hashes[name]).length;
  const works = isDeepStrictEqual(observed, expected.observed) ? "yes" : "no";
  return [works, same === names.length ? "all" : `${same} of ${names.length}`];
}

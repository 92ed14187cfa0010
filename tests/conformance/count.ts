import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { sections } from "./sections.ts";

/** What becomes of the rules of docs/numbers.md: each is in exactly one list. */
export interface Count {
  /** Shown by a program or a test of this folder. */
  readonly held: readonly string[];
  /** In the table of deliberate differences in docs/semantics.md. Most of them are shown as well, as they are here. */
  readonly different: readonly string[];
  readonly untested: readonly string[];
  /** What is cited here, or in the table, and is no rule. */
  readonly unknown: readonly string[];
}

const here = import.meta.dirname;
const docs = path.join(here, "../../docs");

/** Counts the rules, from the documents and from what is in this folder. */
export function countRules(): Count {
  const rules = [...readFileSync(path.join(docs, "numbers.md"), "utf8").matchAll(/^\| (R-\d+) \|/gm)].map(rule);
  const shown = new Set([...sections.flatMap(({ rules }) => rules.flatMap(({ ids }) => ids)), ...titles()]);
  const differences = new Set(citedBy(differencesTable()));
  const all = new Set(rules);
  return {
    held: rules.filter((id) => shown.has(id) && !differences.has(id)),
    different: rules.filter((id) => differences.has(id)),
    untested: rules.filter((id) => !shown.has(id) && !differences.has(id)),
    unknown: [...shown, ...differences].filter((id) => !all.has(id)),
  };
}

/** Rules in the titles of tests that are no programs. */
function titles(): string[] {
  const files = readdirSync(here).filter((name) => name.endsWith(".test.ts"));
  const text = files.map((name) => readFileSync(path.join(here, name), "utf8")).join("\n");
  return [...text.matchAll(/\b(?:it|test)(?:\.each\(.*\))?\(\s*["'`]((?:R-\d+(?:, )?)+) /g)].flatMap(([, ids = ""]) =>
    citedBy(ids),
  );
}

function differencesTable(): string {
  const [, rest = ""] = readFileSync(path.join(docs, "semantics.md"), "utf8").split("## Differences from OTP\n");
  const [table = ""] = rest.split("\n## ");
  // The first column says what a row is about; the others explain.
  return [...table.matchAll(/^\| ([^|]*) \|/gm)].map(([, about = ""]) => about).join("\n");
}

/** `R-101, R-103 to R-105`. */
function citedBy(text: string): string[] {
  return [...text.matchAll(/R-(\d+)(?: to R-(\d+))?/g)].flatMap(([, first = "", last = first]) =>
    Array.from({ length: Number(last) - Number(first) + 1 }, (_, index) => `R-${Number(first) + index}`),
  );
}

function rule([, id = ""]: RegExpExecArray): string {
  return id;
}

if (process.argv[1] === import.meta.filename) {
  const { held, different, untested, unknown } = countRules();
  console.log(`rules: ${held.length} held, ${different.length} different, ${untested.length} untested`);
  console.log(`untested: ${untested.join(" ")}\nunknown: ${unknown.join(" ")}`);
}

import { globSync, readFileSync } from "node:fs";
import path from "node:path";

/** A TypeScript example in the documentation: a ```` ```ts ```` fence that imports one of our packages. */
export interface Fence {
  /** The file, relative to the repository, with forward slashes. */
  readonly file: string;
  /** The line of the example's first line of code, counted from 1. */
  readonly line: number;
  readonly code: string;
  /** False for ```` ```ts no-run ````: compiled only, because it serves for ever or needs other machines. */
  readonly runs: boolean;
}

/** Where examples stand: Markdown for readers, doc comments for callers. */
const sources = [
  "*.md",
  "docs/**/*.md",
  "examples/**/*.md",
  "packages/*/*.md",
  "packages/*/src/**/*.ts",
  "tests/*/*.md",
  "bench/*.md",
];

/** Every example of the documentation under `top`. */
export function findFences(top: string): Fence[] {
  return globSync(sources, { cwd: top })
    .map((file) => file.split(path.sep).join("/"))
    .toSorted()
    .flatMap((file) => extractFences(file, readFileSync(path.join(top, file), "utf8")));
}

/** The examples of one file, in order. In sources only doc comments count. */
export function extractFences(file: string, text: string): Fence[] {
  const fences: Fence[] = [];
  const inComments = file.endsWith(".ts");
  let open: { line: number; indent: string; runs: boolean; lines: string[] } | null = null;
  for (const [index, whole] of text.split("\n").entries()) {
    const comment = /^\s*\* ?(.*)$/.exec(whole);
    if (inComments && comment === null) {
      if (open !== null) throw new SyntaxError(`${file}:${open.line}: the fence is not closed`);
      continue;
    }
    const line = inComments ? (comment?.[1] ?? "") : whole;
    if (open === null) {
      const start = /^(\s*)```ts(| no-run)\s*$/.exec(line);
      if (start !== null) open = { line: index + 2, indent: start[1] ?? "", runs: start[2] === "", lines: [] };
    } else if (line.trim() === "```") {
      const code = open.lines.join("\n");
      if (/from "(@espalier\/|espalier["/])/.test(code)) fences.push({ file, line: open.line, code, runs: open.runs });
      open = null;
    } else {
      open.lines.push(line.startsWith(open.indent) ? line.slice(open.indent.length) : line);
    }
  }
  if (open !== null) throw new SyntaxError(`${file}:${open.line}: the fence is not closed`);
  return fences;
}

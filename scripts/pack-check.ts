// Packs the package in the current folder as it will be published, and checks what users get: publint and
// arethetypeswrong on the tarball, and no leftovers in it of sources that are gone. Run by `turbo pack:check`, after build.

import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

const problems = [...leftovers("dist"), ...ambientTypes()];
const folder: string = mkdtempSync(path.join(tmpdir(), "espalier-pack-"));
try {
  execFileSync("pnpm", ["pack", "--pack-destination", folder], { stdio: "pipe" });
  const [tarball] = readdirSync(folder);
  if (tarball === undefined) throw new Error(`pnpm pack wrote nothing to ${folder}`);
  const packed = path.join(folder, tarball);
  if (check("publint", ["run", packed, "--strict"]))
    check("attw", [packed, "--profile", "esm-only", "--format", "ascii"]);
} finally {
  rmSync(folder, { recursive: true });
}
for (const problem of problems) console.error(problem);
process.exitCode = problems.length === 0 ? 0 : 1;

function check(program: string, args: readonly string[]): boolean {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: "utf8" });
  if (status !== 0) problems.push(`${program}: ${error?.message ?? `${stdout}${stderr}`.trim()}`);
  return status === 0;
}

/** Node's types in the part of the package that must do without: a dependency's types can bring them in unseen. */
function ambientTypes(): string[] {
  const config = JSON.parse(execFileSync("tsc", ["-p", "tsconfig.json", "--showConfig"], { encoding: "utf8" })) as {
    compilerOptions: { types: string[] };
  };
  if (config.compilerOptions.types.includes("node")) return [];
  const listed = execFileSync("tsc", ["-p", "tsconfig.json", "--listFilesOnly"], { encoding: "utf8" });
  return listed
    .split("\n")
    .filter((file) => file.includes("/@types/node/") || /\/lib\.dom\./.test(file))
    .slice(0, 1)
    .map((file) => `the build outside src/node sees ${file}: ask \`tsc -p tsconfig.json --explainFiles\` why`);
}

/** Files of the build whose source is gone: tsc does not remove them, and `pnpm pack` would publish them. */
function leftovers(built: string): string[] {
  return readdirSync(built, { recursive: true, encoding: "utf8" })
    .filter((file) => /\.(js|d\.ts)(\.map)?$/.test(file))
    .filter((file) => !existsSync(path.join("src", file.replace(/\.(js|d\.ts)(\.map)?$/, ".ts"))))
    .map((file) => `${path.join(built, file)} has no source any more: delete ${built} and build again`);
}

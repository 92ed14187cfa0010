// What users get, tried: packs every package, installs the tarballs into an empty folder with npm, and runs a program there
// on each Node that we support. Needs the network. `npm run smoke`, or `npm run smoke -- 26` for one version.

import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";

const supported = ["22.13.0", "24", "26"];
const { positionals } = parseArgs({ allowPositionals: true });
const versions = positionals.length === 0 ? supported : positionals;

const top: string = path.dirname(import.meta.dirname);
const folder: string = mkdtempSync(path.join(tmpdir(), "espalier-smoke-"));
try {
  execFileSync("turbo", ["build", "--output-logs=errors-only"], { cwd: top, stdio: "inherit" });
  const doors = install();
  writeFileSync(path.join(folder, "main.mjs"), program(doors));
  for (const version of versions) run(version);
} finally {
  rmSync(folder, { recursive: true });
}

/** Installs the packed packages; gives every specifier that they offer. */
function install(): string[] {
  const tarballs = path.join(folder, "tarballs");
  mkdirSync(tarballs);
  const doors: string[] = [];
  const dependencies: Record<string, string> = {};
  for (const name of readdirSync(path.join(top, "packages"))) {
    const home = path.join(top, "packages", name);
    const manifest = JSON.parse(readFileSync(path.join(home, "package.json"), "utf8")) as {
      name: string;
      exports: Record<string, string>;
    };
    const before = new Set(readdirSync(tarballs));
    execFileSync("pnpm", ["pack", "--pack-destination", tarballs], { cwd: home, stdio: "pipe" });
    const [tarball] = readdirSync(tarballs).filter((file) => !before.has(file));
    dependencies[manifest.name] = `file:./tarballs/${tarball}`;
    doors.push(...Object.keys(manifest.exports).map((door) => path.posix.join(manifest.name, door)));
  }
  writeFileSync(path.join(folder, "package.json"), JSON.stringify({ private: true, type: "module", dependencies }));
  execFileSync("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline"], { cwd: folder, stdio: "pipe" });
  return doors.filter((door) => !door.endsWith(".json"));
}

/** Opens every door, and has two processes talk. */
function program(doors: readonly string[]): string {
  return `${doors.map((door) => `import ${JSON.stringify(door)};`).join("\n")}
import { Node, Process } from "espalier";

function* echo(self) {
  const { text, replyTo } = yield* self.receive();
  yield* Process.send(replyTo, text);
}

const node = await Node.start();
const reply = await node.run(function* (self) {
  const pid = yield* Process.spawn(echo);
  yield* Process.send(pid, { text: process.version, replyTo: self.pid });
  return yield* self.receive({ within: "5s" });
});
await node[Symbol.asyncDispose]();
if (reply !== process.version) throw new Error(\`expected \${process.version}, got \${reply}\`);
`;
}

function run(version: string): void {
  const args = ["-y", "--prefer-offline", "--package", `node@${version}`, "--", "node", "main.mjs"];
  const { status, stdout, stderr } = spawnSync("npx", args, { cwd: folder, encoding: "utf8", timeout: 300_000 });
  const ok = status === 0;
  if (!ok) console.log(`${stdout}${stderr}`.trim());
  console.log(`${ok ? "ok    " : "FAILED"} Node ${version}`);
  if (!ok) process.exitCode = 1;
}

// What users get, tried: packs every package, installs the tarballs into an empty folder with npm, and runs programs there
// on each Node that we support: one that opens every door, the command, and a scenario under fifty seeds, whose runs must have
// the same trace hashes on all of them. Needs the network. `npm run smoke`, or `npm run smoke -- 24 26` for some versions.

import { execFileSync, spawnSync } from "node:child_process";
import { stripTypeScriptTypes } from "node:module";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";

const supported = ["22.13.0", "24", "26"];
const { positionals } = parseArgs({ allowPositionals: true });
const versions = positionals.length === 0 ? supported : positionals;

const top: string = path.dirname(import.meta.dirname);
const example: string = path.join(top, "examples/08-chaos.ts");
const folder: string = mkdtempSync(path.join(tmpdir(), "espalier-smoke-"));
try {
  execFileSync("turbo", ["build", "--output-logs=errors-only"], { cwd: top, stdio: "inherit" });
  const doors = install();
  writeFileSync(path.join(folder, "main.mjs"), program(doors));
  writeFileSync(path.join(folder, "page.mjs"), looking());
  writeFileSync(path.join(folder, "shop.mjs"), stripTypeScriptTypes(readFileSync(example, "utf8")));
  writeFileSync(path.join(folder, "hashes.mjs"), hashing());
  writeFileSync(path.join(folder, "shop.test.mjs"), testing());
  const traces = versions.map((version) => ({ version, lines: tryOn(version) }));
  compare(traces.filter(({ lines }) => lines.length > 0));
} finally {
  rmSync(folder, { recursive: true });
}

/** Installs the packed packages; gives every specifier that they offer. */
function install(): string[] {
  const tarballs = path.join(folder, "tarballs");
  mkdirSync(tarballs);
  const doors: string[] = [];
  // The testkit has a door for it.
  const dependencies: Record<string, string> = { vitest: vitestVersion() };
  for (const name of readdirSync(path.join(top, "packages")).filter((name) =>
    existsSync(path.join(top, "packages", name, "package.json")),
  )) {
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
  // One opens only where vitest runs, one only in a page.
  return doors.filter((door) => !door.endsWith(".json") && !door.endsWith("/vitest") && !door.endsWith("/page"));
}

/** Opens every door, has two processes talk, and sends a computation to a node that runs it in a sandbox of each kind. */
function program(doors: readonly string[]): string {
  return `${doors.map((door) => `import ${JSON.stringify(door)};`).join("\n")}
import { Node, Process, Remote, remote } from "espalier";

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
const visit = remote({}, function* (to, home) {
  const words = ["a", "b"];
  yield* Remote.transfer(to);
  const there = words.map((word) => word.toUpperCase()).join("");
  yield* Remote.transfer(home);
  return there;
});
const me = await Node.start({ listen: "ws://127.0.0.1:0", allow: "anyone", sandbox: {} });
for (const isolation of ["worker", "process"]) {
  const host = await Node.start({ listen: "ws://127.0.0.1:0", allow: "anyone", sandbox: { isolation } });
  const there = await me.run(visit(host.ref, me.ref));
  if (there !== "AB") throw new Error(\`in a \${isolation}: expected AB, got \${there}\`);
  await host.stop();
}
await me.stop();
await node[Symbol.asyncDispose]();
if (reply !== process.version) throw new Error(\`expected \${process.version}, got \${reply}\`);
`;
}

/** Fetches the page of the dev tools, and what a browser loads with it: styles, and modules by what they import. */
function looking(): string {
  return `
import { DevTools, Node } from "espalier";

const node = await Node.start({ devtools: { discoverable: false } });
const { url } = DevTools.of(node);
const get = async (what) => {
  const answer = await fetch(new URL(what, url));
  if (!answer.ok) throw new Error(\`\${what}: expected status 200, got \${answer.status}\`);
  return answer.text();
};
const html = await get("/");
const { imports } = JSON.parse(/<script type="importmap">(.*?)<\\/script>/.exec(html)[1]);
const wanted = [...html.matchAll(/(?:src|href)="([/][^"]+)"/g)].map((found) => found[1]);
if (!wanted.some((file) => file.endsWith(".css"))) throw new Error("expected styles, got none");
const seen = new Set();
for (let file = wanted.pop(); file !== undefined; file = wanted.pop()) {
  if (seen.has(file)) continue;
  seen.add(file);
  const text = await get(file);
  if (file.endsWith(".css")) continue;
  for (const [, name] of text.matchAll(/(?:^|;)(?:import|export)(?:[^'"=()]*?from)? *["']([^"']+)["']/gm)) {
    if (/^[./]/.test(name)) wanted.push(new URL(name, new URL(file, url)).pathname);
    else if (imports[name] === undefined) throw new Error(\`\${file} imports \${name}, and the page knows no such library\`);
    else wanted.push(imports[name]);
  }
}
if (seen.size < 50) throw new Error(\`expected the modules of the page, got \${[...seen].join(", ")}\`);
await node.stop();
`;
}

/** The trace hash of each run: most with the plain cryptography, the others with that of this Node. */
function hashing(): string {
  return `
import { campaign } from "@espalier/testkit";
import { shop } from "./shop.mjs";

const lines = [];
const onResult = ({ plan, traceHash, events }) => void lines.push(\`\${plan.seed} \${traceHash} \${events}\`);
const { ok, text } = await campaign(shop, { seeds: 50, onResult });
if (!ok) throw new Error(text);
console.log(lines.join("\\n"));
`;
}

/** The door that opens only where vitest runs. */
function testing(): string {
  return `
import { expect, test } from "@espalier/testkit/vitest";
import { shop } from "./shop.mjs";

test.chaos(shop, { seeds: 20 });
test("a cluster", async ({ sim }) => {
  const { a } = await sim.nodes("a");
  expect(a.name).toBe("a");
});
`;
}

/** Gives the lines of the hashes, none when something failed. */
function tryOn(version: string): readonly string[] {
  const ran = run(version, "main.mjs") !== false && run(version, "page.mjs");
  const command =
    ran !== false && run(version, "node_modules/.bin/espalier", "chaos", "run", "shop.mjs", "--seeds", "20");
  const tested = command !== false && run(version, "node_modules/.bin/vitest", "run");
  const traced = tested !== false && run(version, "hashes.mjs");
  if (traced === false) {
    console.log(`FAILED Node ${version}`);
    process.exitCode = 1;
    return [];
  }
  console.log(`ok     Node ${version}`);
  return traced.trim().split("\n");
}

/** What it prints; false when it fails. */
function run(version: string, ...program: readonly string[]): string | false {
  const args = ["-y", "--prefer-offline", "--package", `node@${version}`, "--", "node", ...program];
  const { status, stdout, stderr } = spawnSync("npx", args, { cwd: folder, encoding: "utf8", timeout: 300_000 });
  if (status === 0) return stdout;
  console.log(`${program.join(" ")}\n${stdout}${stderr}`.trim());
  return false;
}

/** The same seed is the same run, whatever runs it. */
function compare(traces: readonly { readonly version: string; readonly lines: readonly string[] }[]): void {
  const [first, ...others] = traces;
  if (first === undefined) return;
  for (const { version, lines } of others) {
    const differ = lines.filter((line, index) => line !== first.lines[index]);
    if (differ.length === 0 && lines.length === first.lines.length) {
      console.log(
        `ok     ${lines.length} runs of ${path.basename(example)} are the same on Node ${first.version} and ${version}`,
      );
    } else {
      console.log(
        `FAILED on Node ${version} ${differ.length} runs are not those of Node ${first.version}: seed, hash and events`,
      );
      console.log(differ.slice(0, 5).join("\n"));
      process.exitCode = 1;
    }
  }
}

function vitestVersion(): string {
  const manifest = JSON.parse(readFileSync(path.join(top, "packages/testkit/package.json"), "utf8")) as {
    readonly devDependencies: { readonly vitest: string };
  };
  return manifest.devDependencies.vitest;
}

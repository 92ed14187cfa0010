import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { read } from "./repository.ts";

// The bans of .oxlintrc.json, tried on a copy of the repository's shape: each fires in the core, says what to take
// instead, and is silent where the real Host lives.

interface Ban {
  readonly code: string;
  readonly says: string;
}

const bans: readonly Ban[] = [
  { code: "setTimeout(() => 0, 1);", says: "Take host.clock" },
  { code: "setInterval(() => 0, 1);", says: "Take host.clock" },
  { code: "clearTimeout(1);", says: "Take host.clock" },
  { code: "clearInterval(1);", says: "Take host.clock" },
  { code: "setImmediate(() => 0);", says: "Take host.loop" },
  { code: "clearImmediate(x);", says: "Take host.loop" },
  { code: "export const now = Date.now();", says: "Take host.clock.wall()" },
  { code: "export const now = new Date();", says: "Take host.clock.wall()" },
  { code: "export const now = performance.now();", says: "Take host.clock.monotonic()" },
  { code: "export const id = process.pid;", says: "Take it as an option" },
  { code: "export const bytes = Buffer.alloc(1);", says: "Use Uint8Array" },
  { code: 'void fetch("x");', says: "Take host.network" },
  { code: 'export const socket = new WebSocket("ws://x");', says: "Take host.network" },
  { code: 'export const source = new EventSource("x");', says: "Take host.network" },
  { code: "export const id = crypto.randomUUID();", says: "Take host.crypto" },
  { code: "export const n = Math.random();", says: "Take host.random.unit()" },
  { code: "export const clock = globalThis.setTimeout;", says: "Write the name alone" },
  { code: 'export { readFileSync } from "node:fs";', says: "Take it from the Host" },
  { code: 'export { WebSocket as Socket } from "ws";', says: "Take host.network" },
  { code: 'export { realHost } from "@espalier/runtime/node";', says: "Take a Host" },
  { code: 'export { realHost } from "@espalier/runtime/browser";', says: "Take a Host" },
  { code: 'export { Cause } from "@espalier/heartbeat/src/cause.ts";', says: "Import the package by its name" },
  { code: 'export { Cause } from "../../heartbeat/src/cause.ts";', says: "Import the package by its name" },
];

/** Bans that hold for the real Host too. */
const everywhere = (ban: Ban): boolean => ban.says.startsWith("Import the package");

const folder: string = mkdtempSync(path.join(tmpdir(), "espalier-lint-"));
const places = {
  core: "packages/core/src",
  "tests of the core": "packages/core/test",
  simulation: "tests/simulation",
  "the real Host": "packages/core/src/node",
  "the real Host of a page": "packages/core/src/browser",
  "end-to-end tests": "tests/e2e",
  scripts: "scripts",
} as const;
/** What was said about each file, by file. */
const said = new Map<string, string>();

beforeAll(() => {
  // Only the bans: rules that need types or installed packages are tried in the repository itself, by `npm run lint`.
  const config = read(".oxlintrc.json").replace('"typeAware": true', '"typeAware": false');
  writeFileSync(path.join(folder, ".oxlintrc.json"), config);
  for (const place of Object.values(places)) {
    mkdirSync(path.join(folder, place), { recursive: true });
    for (const [index, ban] of bans.entries())
      writeFileSync(path.join(folder, place, `ban-${index}.ts`), `${ban.code}\n`);
  }
  const { stdout } = spawnSync("oxlint", ["--format", "json"], { cwd: folder, encoding: "utf8" });
  const { diagnostics } = JSON.parse(stdout) as { diagnostics: { filename: string; message: string; help?: string }[] };
  for (const { filename, message, help = "" } of diagnostics) {
    const file = path.relative(folder, path.resolve(folder, filename)).split(path.sep).join("/");
    said.set(file, `${said.get(file) ?? ""}${message} ${help}\n`);
  }
});

afterAll(() => rmSync(folder, { recursive: true }));

for (const [index, ban] of bans.entries()) {
  test(`lint refuses \`${ban.code}\` in the core and its tests: "${ban.says} …"`, () => {
    for (const place of [places.core, places["tests of the core"], places.simulation]) {
      expect(said.get(`${place}/ban-${index}.ts`), place).toContain(ban.says);
    }
    for (const place of [
      places["the real Host"],
      places["the real Host of a page"],
      places["end-to-end tests"],
      places.scripts,
    ]) {
      const heard = said.get(`${place}/ban-${index}.ts`) ?? "";
      if (everywhere(ban)) expect(heard, place).toContain(ban.says);
      else expect(heard, place).not.toContain(ban.says);
    }
  });
}

test("every ban of the configuration is tried here", () => {
  const names = [...read(".oxlintrc.json").matchAll(/"name": "(\w+)"/g)].map(([, name = ""]) => name);
  expect(names.length).toBeGreaterThan(10);
  for (const name of names)
    expect(
      bans.some(({ code }) => new RegExp(`\\b${name}\\b`).test(code)),
      name,
    ).toBe(true);
});

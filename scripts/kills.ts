/**
 * Kills a worker of the main job at a random moment, again and again: `npm run kills`, or `npm run kills -- 100`.
 */
import { spawnSync } from "node:child_process";

const times = process.argv[2] ?? "20";
if (!/^[1-9]\d*$/.test(times)) {
  console.error(`kills: expected how often, a whole number of at least 1, got ${JSON.stringify(times)}`);
  process.exit(2);
}
const { status } = spawnSync("vitest", ["run", "tests/e2e/word-count.test.ts", "-t", "at a random moment"], {
  cwd: new URL("..", import.meta.url),
  env: { ...process.env, ESPALIER_KILLS: times },
  stdio: "inherit",
  shell: process.platform === "win32",
});
process.exitCode = status ?? 1;

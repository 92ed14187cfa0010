import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { fatal, hogs } from "./hogs.ts";

// `node packages/sandbox/test/node/stop-all.ts` tries all computations that take too much in both kinds of sandbox, and prints what stopped
// each. It takes about a minute. In a worker memory may end the node with it, which docs/sandbox.md says; everything else must be stopped.
const fixture = fileURLToPath(new URL("./hog.fixture.ts", import.meta.url));
for (const kind of ["process", "worker"]) {
  for (const [name, { limit }] of Object.entries({ ...hogs, ...fatal })) {
    const { stdout, signal, status } = spawnSync(process.execPath, [fixture, kind, name], { encoding: "utf8" });
    const said = stdout.trim() || `the node ended with ${signal ?? `code ${String(status)}`}`;
    const isRight = said === `stopped: ${limit}` || (kind === "worker" && limit === "memory");
    if (!isRight) process.exitCode = 1;
    console.log(`${isRight ? "right" : "WRONG"}  ${kind}: ${name}: ${said}`);
  }
}

import { processLaunch, workerLaunch } from "../../src/node/index.ts";
import { SandboxError } from "../../src/index.ts";
import { fatal, hogs, stopped } from "./hogs.ts";

// One computation that takes too much, in a process of its own, since a worker may take it along.
const [kind, name = ""] = process.argv.slice(2);
const hog = { ...hogs, ...fatal }[name];
if (hog === undefined) throw new Error(`hog: expected one that there is, got ${name}`);
const error = await stopped(kind === "worker" ? workerLaunch : processLaunch, hog);
console.log(error instanceof SandboxError ? `stopped: ${error.limit}` : `not stopped: ${String(error)}`);

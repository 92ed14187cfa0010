// A run that goes on until whoever makes it is ended: node b is stopped, node a is not.
import { readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { property } from "@espalier/testkit";
import { runInProcesses } from "@espalier/testkit/process";
import { asking } from "./scenarios.ts";

const before = readdirSync(tmpdir());
const told = property<any>("told", ({ nodes }) => {
  const [a, b] = nodes as unknown as readonly { readonly pid: number; readonly state: string }[];
  const directory = readdirSync(tmpdir()).find((name) => name.startsWith("espalier-run-") && !before.includes(name));
  if (b?.state === "paused" && /^State:\tT/m.test(readFileSync(path.join("/proc", String(b.pid), "status"), "utf8"))) {
    console.log(`stopped ${b.pid}, running ${a?.pid} in ${directory}`);
  }
  return null;
});
await runInProcesses(
  { ...asking, always: [told], budget: { ...asking.budget, virtualMs: 60_000 } },
  { seed: 1, faults: [{ atMs: 100, type: "pause", node: "b", lastsMs: null }], ops: [] },
);

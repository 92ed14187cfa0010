import { runInProcesses } from "@espalier/testkit/process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { Group } from "./rule.ts";
import { sections } from "./sections.ts";

const compileCache = mkdtempSync(path.join(tmpdir(), "espalier-cache-"));
afterAll(() => rmSync(compileCache, { recursive: true }));

describe("between processes of the operating system", () => {
  // They wait more than they compute.
  it.concurrent.each(sections.flatMap(({ groups }) => groups))("$scenario.name", async ({ scenario, ops }: Group) => {
    const result = await runInProcesses(scenario, { seed: 1, ops }, { dilation: 1, compileCache, untilDone: true });
    expect(result.failure?.text).toBeUndefined();
  });
});

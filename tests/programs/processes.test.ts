import { runInProcesses } from "@espalier/testkit/process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { programs } from "./list.ts";
import { begun, undisturbed } from "./scenario.ts";

const compileCache = mkdtempSync(path.join(tmpdir(), "espalier-cache-"));
afterAll(() => rmSync(compileCache, { recursive: true }));

describe("between processes of the operating system", () => {
  it("all of them, as they are written", async () => {
    const result = await runInProcesses(undisturbed, { seed: 1, ops: begun }, { dilation: 1, compileCache });
    expect(result.failure?.text).toBeUndefined();
    const transfers = programs.reduce((sum, program) => sum + program.transfers, 0);
    expect(result.marks.get("transfer.arrived")).toBe(transfers + 1);
  });
});

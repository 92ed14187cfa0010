import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";

test("clients that come, speak and die in every way for some seconds leave nothing behind, and nothing is lost", () => {
  const script = new URL("../../scripts/soak.ts", import.meta.url).pathname;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [script, "--minutes", "0.08", "--sessions", "40", "--seed", "7"],
    { encoding: "utf8" },
  );
  expect(stderr).toBe("");
  expect(stdout.trimEnd().split("\n").at(-1), stdout).toBe("nothing is left");
  expect(status).toBe(0);
});

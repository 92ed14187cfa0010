import { spawnSync } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const main = fileURLToPath(new URL("../../src/command/main.ts", import.meta.url));

test("without the testkit the command chaos says what to install", { timeout: 60_000 }, () => {
  const { root } = path.parse(main);
  // Where the tests run everything may be found by this variable.
  const env = { ...process.env, NODE_PATH: "" };
  const { status, stderr } = spawnSync(process.execPath, [main, "chaos", "run", "a.ts"], {
    cwd: root,
    env,
    encoding: "utf8",
  });
  expect({ status, stderr }).toEqual({
    status: 69,
    stderr: `espalier chaos: expected the package @espalier/testkit to be installed for ${root}, found none; npm install --save-dev @espalier/testkit\n`,
  });
});

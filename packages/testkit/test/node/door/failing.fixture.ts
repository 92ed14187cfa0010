// Tests that must fail, run by door.test.ts as a user would run them.
import { expect, test } from "../../../src/node/vitest/index.ts";
import { lying } from "./lying.ts";

test("leaves a timer in a simulated node", async ({ sim }) => {
  const { a } = await sim.nodes("a");
  a.node.kernel.host.clock.after(5_000, () => {});
  expect(a.state).toBe("running");
});

test("leaves a timer in a real node", async ({ local }) => {
  local.kernel.host.clock.after(60_000, () => {}).cancel();
  local.kernel.host.clock.after(61_000, () => {});
  expect(local.inspect().timers).toBe(0);
});

test("says its seed", ({ sim }) => {
  expect(sim.seed).toBe("seed");
});

test.chaos(lying, { seeds: 3, folder: process.env["CHAOS_FOLDER"]! });

import { expect, it } from "vitest";
import { main } from "./02-server.ts";
import { linesOf } from "./lines.ts";

it("counts, in order, within its limits, until it is closed", async () => {
  expect(await linesOf(main)).toEqual([
    "add: 2",
    "after reset: 1",
    "slow: timeout",
    "add: 11",
    "close: 11",
    "after close: noproc",
  ]);
});

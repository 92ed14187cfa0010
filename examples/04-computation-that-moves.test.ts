import { expect, it } from "vitest";
import { main } from "./04-computation-that-moves.ts";
import { linesOf } from "./lines.ts";

it("computes on three nodes, moves a process with its mailbox, and refuses what cannot travel", async () => {
  expect(await linesOf(main)).toEqual([
    "sum: 315",
    "first: on alice",
    "second: on bob",
    "third: on me",
    expect.stringMatching(/^`pending` of stuck .* cannot travel/),
  ]);
});

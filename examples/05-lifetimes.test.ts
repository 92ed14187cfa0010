import { expect, it } from "vitest";
import { main } from "./05-lifetimes.ts";
import { linesOf } from "./lines.ts";

it("ends what is linked to a heartbeat, wherever it is, and says why", async () => {
  expect(await linesOf(main)).toEqual([
    "results: 9, 16",
    "ended: stopped",
    "the subscription: stopped",
    "ended: RangeError: -1 is negative",
    "too slow: expired",
    'together: exit: "enough"; the other one is live',
  ]);
});

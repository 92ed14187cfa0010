import { expect, it } from "vitest";
import { main } from "./11-statechart.ts";
import { linesOf } from "./lines.ts";

it("prints in order what it was asked for while it was off, and goes on from a snapshot", async () => {
  expect(await linesOf(main)).toEqual([
    "it is off",
    "letter is page 1",
    "list is page 2",
    "poster: timeout",
    "photo is page 4",
  ]);
});

import { expect, it } from "vitest";
import { main } from "./12-registry-and-groups.ts";
import { linesOf } from "./lines.ts";

it("reaches all guests of the cluster, one by name, and nobody who has left", async () => {
  expect(await linesOf(main)).toEqual([
    "good evening (heard by Ada, Bea, Carl)",
    "Bea has heard it, at the bar",
    expect.stringMatching(/^a second Ada: NameTakenError /),
    "where is Carl? (heard by Ada, Bea)",
  ]);
});

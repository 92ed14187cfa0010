import { expect, it } from "vitest";
import { main } from "./09-checkpoint.ts";
import { linesOf } from "./lines.ts";

it("goes on at its last checkpoint in the next life of its node, with what it knew", async () => {
  expect(await linesOf(main)).toEqual([
    "page 1, epoch 1",
    "page 2, epoch 1",
    "page 3, epoch 1",
    "the node is stopped",
    "page 3, epoch 2, resumed",
    "page 4, epoch 2",
    "page 5, epoch 2",
    "page 1, page 2, page 3, page 4, page 5",
  ]);
});

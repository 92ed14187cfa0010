import { expect, it } from "vitest";
import { main } from "./10-sandbox.ts";
import { linesOf } from "./lines.ts";

it("runs what a stranger sends, gives it nothing, and stops it", async () => {
  expect(await linesOf(main)).toEqual([
    "without a sandbox: name the peer in `trust`, or give the node a `sandbox`",
    "words: 6",
    "found: nothing",
    "stopped: one step took more than 500 ms of processor time (sandbox.cpu)",
    "words: 4",
  ]);
}, 60_000);

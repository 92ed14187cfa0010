import { expect, it } from "vitest";
import { main } from "./14-two-tenants.ts";
import { linesOf } from "./lines.ts";

it("lets each guest in to its own tenant alone, and ends what a guest computes when its key is revoked", async () => {
  expect(await linesOf(main)).toEqual([
    "one port: true",
    "ada reaches orders: true",
    "ada reaches bills: false",
    "bob reaches bills: true",
    "event: the connection is down, disconnect",
    "event: revoked, and 1 computation ended",
    "ada reaches orders: false",
    "ada's computation: unresponsive",
    "bob is connected with bills: true",
    // Ada's node goes on asking for its computation.
    expect.stringMatching(/^orders: let in 1, turned away [1-9]\d*$/),
    "bills: let in 1, turned away 1",
  ]);
});

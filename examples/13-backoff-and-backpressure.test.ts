import { expect, it } from "vitest";
import { main } from "./13-backoff-and-backpressure.ts";
import { linesOf } from "./lines.ts";

it("waits for what it needs, has senders wait for room, and hands back what there is no room for", async () => {
  expect(await linesOf(main)).toEqual([
    "uplink: connected",
    "sent 1",
    "failure; the uplink is restarting",
    "uplink: refused",
    "uplink: refused",
    "uplink: refused",
    "uplink: connected",
    "sent 2",
    "0 1 2 3 4 5 6 7 8 9, at most 3 in the mailbox",
    "no room for 3",
  ]);
});

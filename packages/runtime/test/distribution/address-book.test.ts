import { NodeRef } from "@espalier/runtime";
import { expect, it } from "vitest";
import { AddressBook } from "../../src/distribution/address-book.ts";

const refOf = (n: number): NodeRef => new NodeRef(`${n}`.padStart(42, "A") + "A", `ws://node${n}`);

it("remembers as many addresses as it may, and forgets those that were mentioned longest ago (limits.addresses)", () => {
  const book = new AddressBook(2);
  for (const n of [1, 2, 1, 3]) book.learn(refOf(n));
  expect([1, 2, 3].map((n) => book.find(refOf(n).id).address)).toEqual(["ws://node1", null, "ws://node3"]);
});

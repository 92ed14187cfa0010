import { NodeRef } from "@espalier/runtime";
import { expect, it } from "vitest";
import { AddressBook } from "../../src/distribution/address-book.ts";

const refOf = (n: number): NodeRef => new NodeRef(`${n}`.padStart(42, "A") + "A", `ws://node${n}`);

it("remembers as many addresses as it may, and forgets those that were mentioned longest ago (limits.addresses)", () => {
  const book = new AddressBook(2);
  for (const n of [1, 2, 1, 3]) book.learn(refOf(n));
  expect([1, 2, 3].map((n) => book.find(refOf(n).id).address)).toEqual(["ws://node1", null, "ws://node3"]);
});

it("takes the word of whom the node does not trust where there is no other, and knows whose it is", () => {
  const book = new AddressBook();
  const said = (by: string | null, ref: NodeRef): unknown[] => {
    book.speaker = by;
    book.learn(ref);
    book.speaker = null;
    return [book.find(ref.id).address, book.namedBy(ref.id)];
  };
  const { id } = refOf(1);
  const at = (address: string): NodeRef => new NodeRef(id, address);
  expect(said("x", at("ws://x-says"))).toEqual(["ws://x-says", "x"]);
  expect(said("y", at("ws://y-says"))).toEqual(["ws://y-says", "y"]);
  expect(said(null, at("ws://known"))).toEqual(["ws://known", null]);
  expect(said("x", at("ws://x-says"))).toEqual(["ws://known", null]);
  // Of itself everybody may say it.
  expect(said(id, at("ws://moved"))).toEqual(["ws://moved", null]);
});

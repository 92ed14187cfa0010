import { expect, it } from "vitest";
import { Lobby, type Waiting } from "../src/lobby.ts";

const limits = { halfOpen: 8, halfOpenPerAddress: 4 };

const from = (address: string, share = `address ${address}`): Waiting => ({ address, share });

it("takes everybody in while there is room, and forgets who leaves", () => {
  const lobby = new Lobby(limits);
  const some = ["a", "a", "b", "c"].map((address) => from(address));
  for (const one of some) expect(lobby.enter(one)).toBeNull();
  for (const one of some) lobby.leave(one);
  for (const one of some) lobby.leave(one);
  expect(lobby.size).toBe(0);
});

it("displaces the oldest of an address that has too many, and nobody else", () => {
  const lobby = new Lobby(limits);
  const other = from("b");
  lobby.enter(other);
  const flood = Array.from({ length: 6 }, () => from("a"));
  expect(flood.map((one) => lobby.enter(one))).toEqual([null, null, null, null, flood[0], flood[1]]);
  expect([...lobby]).toEqual([other, ...flood.slice(2)]);
});

it("displaces the oldest of those who have most when all is full, whoever comes", () => {
  const lobby = new Lobby(limits);
  const victim = from("v", "node b");
  lobby.enter(victim);
  // From many addresses, all to one node.
  const flood = Array.from({ length: 40 }, (_, index) => from(`bot ${index}`, "node a"));
  const displaced = flood.map((one) => lobby.enter(one)).filter((one) => one !== null);
  expect(displaced).toEqual(flood.slice(0, 33));
  expect(lobby.size).toBe(8);
  expect(lobby.enter(from("w", "node b"))).toBe(flood[33]);
  expect([...lobby]).toContain(victim);
});

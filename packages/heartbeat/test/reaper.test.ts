import { Reaper } from "@espalier/heartbeat";
import { expect, test } from "vitest";

test("collects a record once everybody has acknowledged it, in its version or a later one (S61, P19)", () => {
  const reaper = new Reaper();
  reaper.keep("h", 2, "A");
  reaper.keep("h", 2, "B");
  expect(reaper.acknowledge("h", 1, "A")).toBe(false);
  expect(reaper.acknowledge("h", 3, "A")).toBe(false);
  expect(reaper.acknowledge("h", 2, "A")).toBe(false);
  expect(reaper.size).toBe(1);
  expect(reaper.acknowledge("h", 2, "B")).toBe(true);
  expect(reaper.size).toBe(0);
  expect(reaper.acknowledge("h", 2, "B")).toBe(false);
});

test("a newer version must be acknowledged again; an older one asks for nothing new", () => {
  const reaper = new Reaper();
  reaper.keep("h", 2, "A");
  reaper.keep("h", 5, "A");
  reaper.keep("h", 3, "A");
  expect(reaper.acknowledge("h", 4, "A")).toBe(false);
  expect(reaper.acknowledge("h", 5, "A")).toBe(true);
});

test("a node that never returns takes its claims with its verdict, and nobody else's (S61, settled 11)", () => {
  const reaper = new Reaper();
  reaper.keep("both", 1, "A");
  reaper.keep("both", 1, "B");
  reaper.keep("alone", 1, "A");
  expect(reaper.verdict("A")).toEqual(["alone"]);
  expect(reaper.verdict("A")).toEqual([]);
  expect(reaper.acknowledge("both", 1, "B")).toBe(true);
});

test("a record that went another way is owed to nobody", () => {
  const reaper = new Reaper();
  reaper.keep("h", 1, "A");
  reaper.forget("h");
  expect(reaper.verdict("A")).toEqual([]);
});

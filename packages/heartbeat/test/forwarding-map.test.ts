import { ForwardingMap } from "@espalier/heartbeat";
import { expect, test } from "vitest";

test("older news never replaces newer (S126, P18, H4)", () => {
  const map = new ForwardingMap();
  map.left("p", 3, "C");
  map.left("p", 1, "B");
  expect(map.find("p")).toEqual({ epoch: 3, place: "C" });
});

test("an arrival deletes what is older, and only that (H5)", () => {
  const map = new ForwardingMap();
  map.left("p", 3, "C");
  map.arrived("p", 3);
  expect(map.size).toBe(1);
  map.arrived("p", 4);
  expect(map.size).toBe(0);
});

test("A → B → A leads nowhere twice: who was sent here asks for what came after", () => {
  const a = new ForwardingMap();
  const b = new ForwardingMap();
  a.left("p", 1, "B");
  b.left("p", 2, "A");
  expect(a.find("p", 1)).toEqual({ epoch: 1, place: "B" });
  expect(b.find("p", 2)).toEqual({ epoch: 2, place: "A" });
  expect(a.find("p", 3)).toBeUndefined();
});

test("an entry is retired by the acknowledgement of its epoch or a later one, never of an earlier (S126, P19)", () => {
  const map = new ForwardingMap();
  map.left("p", 3, "C");
  expect(map.retire("p", 2)).toBe(false);
  expect([...map.entries()]).toEqual([["p", { epoch: 3, place: "C" }]]);
  expect(map.retire("p", 4)).toBe(true);
  expect(map.retire("p", 4)).toBe(false);
});

import { expect, test } from "vitest";
import { allPaths, isLong, opened, rowsOf, summaryOf } from "../src/browser/shown/shown-rows.ts";
import { textOf } from "../src/browser/shown/shown-text.ts";
import type { ShownValue } from "../src/protocol/value.ts";

const number = (text: string): ShownValue => ({ type: "plain", text });
const order: ShownValue = {
  type: "object",
  class: "Order",
  entries: [
    ["id", number("17")],
    ["lines", { type: "array", class: null, items: [number("1"), number("2")], more: 3 }],
    ["card no", { type: "hidden" }],
    ["parent", { type: "cut", what: "Order, above" }],
  ],
  more: 0,
};

const names = (value: ShownValue, open: ReadonlySet<string>): readonly string[] =>
  rowsOf(value, open).map((row) => `${row.path} ${row.name ?? "-"} ${row.place}/${row.places} ${row.open ?? "leaf"}`);

test("has one line for what is closed, and the lines of its parts for what is open", () => {
  expect(names(order, new Set())).toEqual(["0 - 1/1 false"]);
  expect(names(order, new Set(["0"]))).toEqual([
    "0 - 1/1 true",
    "0.0 id 1/4 leaf",
    "0.1 lines 2/4 false",
    "0.2 card no 3/4 leaf",
    "0.3 parent 4/4 leaf",
  ]);
});

test("ends an open branch with how many parts are not here", () => {
  const rows = rowsOf(order, allPaths(order)).filter(({ path }) => path.startsWith("0.1."));
  expect(rows.map(({ path, more, place, places }) => [path, more, place, places])).toEqual([
    ["0.1.0", 0, 1, 3],
    ["0.1.1", 0, 2, 3],
    ["0.1.more", 3, 3, 3],
  ]);
});

test("opens short values at first, and of long ones the first level", () => {
  expect([...opened(order)]).toEqual(["0", "0.1"]);
  const wide: ShownValue = { type: "array", class: null, items: Array.from({ length: 60 }, () => order), more: 0 };
  expect([...opened(wide)]).toEqual(["0"]);
});

test("opens a string that is long or has lines", () => {
  const text: ShownValue = { type: "string", text: "a\nb" };
  expect(isLong(text)).toBe(true);
  expect(rowsOf(text, new Set(["0"]))[0]?.open).toBe(true);
  expect(isLong({ type: "string", text: "short" })).toBe(false);
  expect(summaryOf({ type: "string", text: "x".repeat(101) })).toBe(`"${"x".repeat(100)}…"`);
});

test("says in a line what a value is", () => {
  expect(summaryOf(order)).toBe("Order {4}");
  expect(summaryOf({ type: "array", class: null, items: [], more: 3 })).toBe("[3]");
  expect(summaryOf({ type: "object", class: null, entries: [], more: 0 })).toBe("{}");
  expect(summaryOf({ type: "function", name: "" })).toBe("function");
});

test("gives a value as text, with what is missing", () => {
  expect(textOf(order)).toBe(
    `Order {\n  id: 17,\n  lines: [\n    1,\n    2,\n    … 3 more,\n  ],\n  "card no": [hidden],\n  parent: [Order, above],\n}`,
  );
  expect(textOf({ type: "string", text: 'say "ab"', length: 100 })).toBe('"say \\"ab\\"" … 92 characters more');
  expect(textOf({ type: "array", class: null, items: [], more: 0 })).toBe("[]");
});

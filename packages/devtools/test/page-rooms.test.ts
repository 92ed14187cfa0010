import { expect, test } from "vitest";
import { wrongWith } from "../src/browser/chaos/parameter.ts";
import { nodeName } from "../src/browser/network/node-name.ts";
import { trafficBetween } from "../src/browser/network/traffic.ts";
import { filtered } from "../src/browser/timeline/filtered.ts";
import type { NetworkSheet } from "../src/protocol/sheets.ts";

const link = (peer: string, upMs: number, sentBytes: number): NetworkSheet["links"][number] => ({
  ...{ peer, address: null, dialled: true, pattern: "IK", upMs, sentBytes, receivedBytes: 2 * sentBytes },
  ...{ sentMessages: 0, receivedMessages: 0, queuedBytes: 0, roundTripMs: null },
});

test("says what goes over a link between two looks, if it is the same link", () => {
  const before = { atMs: 1_000, links: [link("a", 500, 100), link("b", 500, 900)] };
  const now = { atMs: 3_000, links: [link("a", 2_500, 300), link("b", 10, 30), link("c", 2_500, 5)] };
  expect([...trafficBetween(before, now)]).toEqual([["a", { sentBytesPerSecond: 100, receivedBytesPerSecond: 200 }]]);
  expect(trafficBetween(before, { ...now, atMs: 1_000 }).size).toBe(0);
});

test("refuses parameters that make no sense, before anything is asked", () => {
  const parameter = (kind: "pid" | "node" | "duration" | "number") => ({ name: "x", text: "", kind });
  for (const good of ["500ms", "1.5s", "2m"]) expect(wrongWith(parameter("duration"), good)).toBeNull();
  for (const bad of ["soon", "-1s", "100", "5 weeks"]) expect(wrongWith(parameter("duration"), bad)).toContain("500ms");
  expect(wrongWith(parameter("number"), "0.5")).toBeNull();
  expect(wrongWith(parameter("number"), "half")).toContain("number");
  expect(wrongWith(parameter("pid"), " ")).toBe("expected a value");
});

test("names nodes by the beginning of their ids", () => {
  expect(nodeName("0123456789", "0123456789")).toBe("this node");
  expect(nodeName("0123456789", undefined)).toBe("01234567");
});

test("lists the events of a lane, and those with a text", () => {
  const event = (serial: number, type: string, text: string) => ({
    serial,
    atMs: serial,
    type,
    text,
    pids: [],
    node: null,
  });
  const events = [
    event(1, "spawn", "Orders 3 begins"),
    event(2, "exit", "orders 3 ends: boom"),
    event(3, "node.up", "b is up"),
  ];
  const serials = (...parameters: [lane: Parameters<typeof filtered>[1], text: string]): readonly number[] =>
    filtered(events, ...parameters).map(({ serial }) => serial);
  expect(filtered(events, null, " ")).toBe(events);
  expect(serials(null, "ORDERS")).toEqual([1, 2]);
  expect(serials("crashes", "")).toEqual([2]);
  expect(serials("processes", "boom")).toEqual([2]);
  expect(serials("nodes", "orders")).toEqual([]);
});

import { Incoming, Outgoing } from "@espalier/heartbeat";
import { expect, test } from "vitest";

test("items are numbered from one and kept until acknowledged", () => {
  const out = new Outgoing<string>();
  expect([out.push("a", 0), out.push("b", 0), out.push("c", 0)]).toEqual([1, 2, 3]);
  out.acknowledge(2, 0);
  expect(out.retained).toEqual(["c"]);
  expect([out.acknowledged, out.last]).toEqual([2, 3]);
});

test("an acknowledgement that was overtaken, or of what was never sent, changes nothing", () => {
  const out = new Outgoing(4, ["e", "f"]);
  out.acknowledge(5, 0);
  out.acknowledge(4, 0);
  out.acknowledge(7, 0);
  expect(out.retained).toEqual(["f"]);
});

test("it is time to send again once nothing was acknowledged for a while", () => {
  const out = new Outgoing<string>();
  expect(out.isOverdue(100, 10)).toBe(false);
  out.push("a", 100);
  out.push("b", 105);
  expect(out.isOverdue(109, 10)).toBe(false);
  expect(out.isOverdue(110, 10)).toBe(true);
  expect(out.isOverdue(119, 10)).toBe(false);
  out.acknowledge(1, 119);
  expect(out.isOverdue(128, 10)).toBe(false);
  expect(out.isOverdue(129, 10)).toBe(true);
});

test("each number is accepted once, in order", () => {
  const incoming = new Incoming(2);
  expect([4, 3, 3, 2, 4, 5].map((number) => incoming.accept(number))).toEqual([false, true, false, false, true, true]);
  expect(incoming.last).toBe(5);
});

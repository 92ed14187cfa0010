import { Pid, Ref } from "@espalier/runtime";
import { expect, test } from "vitest";
import { watchMakers } from "../src/moving/travelling-watch.ts";
import { bench } from "./helpers.ts";

// What a process that arrives waits for was written down by another node.

const monitor = { process: "name", map: null, alias: null, tag: null, priority: false };
const spawnRequest = { link: false, monitor: null, reply: "yes", replyTag: null };
const request = { server: "name", deliver: null, response: null };

test.each([
  ["monitor", { ...monitor, alias: "for ever" }, /monitor .* expected a mode of its alias, or none, got "for ever"/],
  ["monitor", { ...monitor, map: "no function" }, /monitor .* expected a function or nothing/],
  ["monitor", { ...monitor, priority: 1 }, /monitor .* expected true or false, got 1/],
  ["monitor", { ...monitor, tag: "tag" }, /monitor .* expected an object, got "tag"/],
  ["monitor", { ...monitor, process: 5 }, /watch .* expected whom it is of, got 5/],
  ["alias", { mode: "for ever", priority: false }, /alias .* expected explicit-unalias or reply/],
  ["alias", null, /alias .* expected an object, got null/],
  ["spawn-request", { ...spawnRequest, link: 1 }, /spawn-request .* expected true or false/],
  [
    "spawn-request",
    { ...spawnRequest, reply: "some" },
    /spawn-request .* expected which replies are wanted, got "some"/,
  ],
  [
    "spawn-request",
    { ...spawnRequest, monitor: { ...monitor, alias: "for ever" } },
    /spawn-request .* expected a mode/,
  ],
  ["request", { ...request, deliver: "no function" }, /request .* expected a function or nothing/],
  ["request", { ...request, response: 5 }, /request: expected a whole number, got undefined/],
  ["request", { ...request, response: { order: 1, type: "error", reason: 5 } }, /request/],
  ["task", { linked: "yes", outcome: null }, /task .* expected true or false/],
  ["task", { linked: true, outcome: { type: "failure", cause: 5 } }, /task/],
])("%s: %o is refused", async (kind, data, message) => {
  const { node } = await bench();
  const { kernel } = node;
  const cell = kernel.spawn(kernel.root, function* owner() {}, []);
  const maker = new Map(watchMakers).get(kind);
  const target = new Pid<never>(kernel.address, 99);
  expect(() => maker?.(cell, new Ref(cell.pid, 1), { kind, serial: 1, target, data })).toThrow(message);
});

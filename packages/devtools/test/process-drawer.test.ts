import { expect, test } from "vitest";
import { incarnations } from "../src/browser/process/incarnations.ts";
import { parseMessage } from "../src/browser/process/json-message.ts";
import { nothingSeen, seenAlso, seenMax } from "../src/browser/process/seen.ts";
import { shortKey } from "../src/browser/look/short-key.ts";
import { successorIn } from "../src/browser/process/successor.ts";
import type { ProcessRow } from "../src/protocol/sheets.ts";

const row = (pid: string, more: Partial<ProcessRow> = {}): ProcessRow => ({
  ...{ pid, shortPid: pid, name: null, label: "worker", child: null, parent: null, kind: "process" },
  ...{ doing: "idle", doingMs: 0, waitingFor: null, handling: null, mailbox: 0, received: 0, reductions: 0 },
  ...{ receivedPerSecond: null, reductionsPerSecond: null, mailboxPerSecond: null, restarts: 0, suspended: false },
  ...more,
});

test("takes the same child of the same supervisor for the successor, before whoever has the name (S342)", () => {
  const ended = { pid: "a/1/4", name: "db", child: "db", parent: "a/1/2" };
  const child = row("a/1/9", { child: "db", parent: "a/1/2" });
  const named = row("a/1/8", { name: "db" });
  const elsewhere = row("a/1/7", { child: "db", parent: "a/1/3" });
  expect(successorIn([elsewhere, named, child], ended)).toBe(child);
  expect(successorIn([elsewhere, named], ended)).toBe(named);
  expect(successorIn([elsewhere], ended)).toBeNull();
});

test("takes neither the process that has ended itself, nor another that has", () => {
  const ended = { pid: "a/1/4", name: "db", child: "db", parent: "a/1/2" };
  const self = row("a/1/4", { name: "db", child: "db", parent: "a/1/2" });
  const gone = row("a/1/5", { child: "db", parent: "a/1/2", doing: "ended" });
  expect(successorIn([self, gone], ended)).toBeNull();
  expect(successorIn([row("a/1/6")], { pid: "a/1/4", name: null, child: null, parent: null })).toBeNull();
});

test("reads a message, or says where it is none", () => {
  expect(parseMessage('{"a": [1]}')).toEqual({ ok: true, value: { a: [1] } });
  expect(parseMessage("null")).toEqual({ ok: true, value: null });
  expect(parseMessage(" ")).toMatchObject({ ok: false });
  expect(parseMessage('{\n  "a": x\n}')).toMatchObject({ ok: false, why: expect.stringContaining("x") as string });
  expect(parseMessage("[1,\n 2 3]")).toMatchObject({
    ok: false,
    why: expect.stringContaining("line 2, column 4") as string,
  });
});

test("says how long each life lasted, of the first that is kept not", () => {
  const lives = incarnations([
    { atMs: 5_000, cause: "boom", crash: 2, pid: "a/1/9" },
    { atMs: 1_000, cause: "killed", crash: null, pid: "a/1/4" },
  ]);
  expect(lives.map(({ pid, livedMs }) => [pid, livedMs])).toEqual([
    ["a/1/9", 4_000],
    ["a/1/4", null],
  ]);
});

test("keeps the last looks at a process", () => {
  let seen = nothingSeen;
  for (let mailbox = 0; mailbox < seenMax + 5; mailbox += 1) seen = seenAlso(seen, row("a/1/4", { mailbox }));
  expect(seen.mailbox.length).toBe(seenMax);
  expect(seen.mailbox.at(-1)).toBe(seenMax + 4);
  expect(seen.received).toEqual([]);
});

test("names a process by its serial, and one of another node with the beginning of its home", () => {
  expect(shortKey("0123456789abcdef/1/17", "0123456789abcdef")).toBe("17");
  expect(shortKey("0123456789abcdef/1/17", "other")).toBe("01234567.17");
  expect(shortKey("odd", null)).toBe("odd");
});

import { expect, test } from "vitest";
import { CommandError, exitCodes } from "../../src/node/command/exit-code.ts";
import { parseDevtools } from "../../src/node/command/usage.ts";

const anywhere = { program: null, node: null, json: false };

test.each([
  ["observe", { command: "observe", what: null, values: false, manage: false, port: null, open: true }],
  ["observe 4711 --manage --port 0 --no-open", { what: "4711", manage: true, port: 0, open: false }],
  ["top", { command: "top", program: null, node: null, values: false, manage: false }],
  ["top 4711 --values", { program: "4711", values: true, manage: false }],
  ["top http://127.0.0.1:1/#t=x --manage", { program: "http://127.0.0.1:1/#t=x", manage: true }],
  ["top --program -", { program: "-" }],
  ["ps", { ...anywhere, command: "ps", sort: "mailbox", isRate: false, limit: 50, filter: null, all: false }],
  [
    "ps --sort work --rate --limit 5 --filter order --all --json --node k",
    {
      sort: "reductions",
      isRate: true,
      limit: 5,
      filter: "order",
      all: true,
      json: true,
      node: "k",
    },
  ],
  ["tree", { ...anywhere, command: "tree", under: null, depth: 3, limit: 500 }],
  ["tree --under shop --depth 1", { under: "shop", depth: 1 }],
  ["crashes", { ...anywhere, command: "crashes", id: null }],
  ["crashes 15", { id: 15 }],
  ["crash 15", { command: "crashes", id: 15 }],
  ["inspect db_pool --state", { ...anywhere, command: "inspect", process: "db_pool", state: true }],
  ["doctor", { ...anywhere, command: "doctor", observeMs: 1_000 }],
  ["doctor --observe 2m", { observeMs: 120_000 }],
  ["trace db_pool", { ...anywhere, command: "trace", process: "db_pool", forMs: 10_000 }],
  ["trace 17 --for 500ms --json", { process: "17", forMs: 500, json: true }],
  ["dump a.rec --program 4711", { command: "dump", file: "a.rec", program: "4711" }],
  ["kill 17 --yes", { ...anywhere, command: "kill", process: "17", reason: null, yes: true }],
  ["exit 17 --reason tired", { command: "exit", reason: "tired", yes: false }],
  ["ps --help", { command: "help" }],
])("understands %s", (text, request) => {
  expect(parseDevtools(text.split(" "))).toMatchObject(request);
});

test.each([
  ["observe a b", 'espalier observe: expected one PROGRAM or FILE, got "b" besides; see espalier observe --help'],
  ["observe --port 70000", 'espalier observe: --port: expected a whole number from 0 to 65535, got "70000"'],
  ["top 1 --program 2", "espalier top: expected one program, got 1 and --program"],
  ["ps mailbox", 'espalier ps: expected options only, got "mailbox" besides; see espalier ps --help'],
  [
    "ps --sort memory",
    'espalier ps: --sort: expected mailbox, work, messages, restarts, time, name or pid, got "memory"',
  ],
  ["ps --limit 501", 'espalier ps: --limit: expected a whole number from 1 to 500, got "501"'],
  ["crashes first", 'espalier crashes: ID: expected a whole number from 0 to 9007199254740991, got "first"'],
  ["inspect", "espalier inspect: expected PROCESS, got none; see espalier inspect --help"],
  ["doctor --observe 10", 'espalier doctor: --observe: expected a time such as 500ms, 10s or 2m, got "10"'],
  ["trace", "espalier trace: expected PROCESS, got none; see espalier trace --help"],
  ["trace 17 --for 2m", 'espalier trace: --for: expected 1ms to 60s, got "2m"'],
  ["dump", "espalier dump: expected FILE, got none; see espalier dump --help"],
  ["kill 17 --reason tired", "espalier kill: --reason is of espalier exit"],
  ["doctor --unknown", /^espalier doctor: Unknown option '--unknown'.*; see espalier doctor --help$/],
])("refuses %s", (text, message) => {
  try {
    parseDevtools(text.split(" "));
    expect.unreachable();
  } catch (error) {
    expect(error).toBeInstanceOf(CommandError);
    expect(error).toMatchObject({ exitCode: exitCodes.usage });
    expect((error as Error).message).toEqual(typeof message === "string" ? message : expect.stringMatching(message));
  }
});

import { expect, test } from "vitest";
import { parseRequest } from "../src/command/usage.ts";

const key = "A".repeat(43);

test.each([
  [[], { command: "help" }],
  [["node", "--help"], { command: "help" }],
  [["--version"], { command: "version" }],
  [["key", "a.key"], { command: "key", path: "a.key" }],
  [["chaos", "run", "a.ts", "--help"], { command: "chaos", args: ["run", "a.ts", "--help"] }],
  [
    ["node"],
    {
      command: "node",
      listen: null,
      address: null,
      keys: [],
      allow: [],
      trust: null,
      data: null,
      sandbox: null,
      devtools: null,
    },
  ],
  [
    [
      "node",
      "--listen",
      "7000",
      "--address",
      "example.org:7000",
      "--key",
      "a.key",
      "--allow",
      key,
      "--allow",
      `ws://h:1/#${key}`,
      "--trust",
      `-${key.slice(1)}`,
      "--data",
      "kept",
    ],
    {
      command: "node",
      listen: "ws://127.0.0.1:7000",
      address: "ws://example.org:7000",
      keys: ["a.key"],
      allow: [key, key],
      trust: [`-${key.slice(1)}`],
      data: "kept",
    },
  ],
  [
    ["node", "--allow", `-${key.slice(1)}`, "--listen", "1"],
    { allow: [`-${key.slice(1)}`], listen: "ws://127.0.0.1:1" },
  ],
  [["node", "--devtools", "values"], { devtools: "values" }],
  [["ps", "--json", "--help"], { command: "devtools", args: ["ps", "--json", "--help"] }],
  [["kill", "17"], { command: "devtools", args: ["kill", "17"] }],
  [["node", "--sandbox", "worker"], { sandbox: { isolation: "worker" } }],
  [
    ["node", "--sandbox", "process", "--memory", "128MB", "--cpu", "500ms"],
    { sandbox: { isolation: "process", memory: "128MB", cpu: "500ms" } },
  ],
  [
    ["node", "--listen", "7000", "--key", "keys/a.key", "--key", "b.key", "--data", "kept"],
    { listen: "ws://127.0.0.1:7000", keys: ["keys/a.key", "b.key"], data: "kept" },
  ],
  [["node", "--listen", "1", "--address", "wss://example.org"], { address: "wss://example.org" }],
  [["node", "--listen", "[::1]:0", "--allow", "anyone"], { listen: "ws://[::1]:0", allow: "anyone" }],
])("understands %j", (args, request) => {
  expect(parseRequest(args)).toMatchObject(request);
});

test.each([
  [["nod"], 'or kill, got "nod"'],
  [["key"], "expected one file, got none"],
  [["key", "a", "b"], "expected one file, got 2"],
  [["node", "--listen", "65536"], "--listen: expected [HOST:]PORT with a port from 0 to 65535"],
  [["node", "--listen", "wss://example.org:7000"], "(TLS is a proxy's, whose wss://HOST:PORT is the --address)"],
  [["node", "--listen", "ws://example.org:7000"], "to 65535, without ws://, got"],
  [["node", "--listen", "::1:0"], "(IPv6 as [::1]:PORT)"],
  [["node", "--listen", "1", "--address", "example.org"], "--address: expected [HOST:]PORT"],
  [["node", "--listen", "1", "--address", "wss://example.org/a"], "wss://HOST:PORT, without a path"],
  [["node", "--address", "example.org:7000"], "--address: expected --listen with it"],
  [["node", "--allow", `ws://h:1/#${key}.${key}`], 'got "ws://h:1/#…"'],
  [["node", "--allow", "me"], "--allow: expected a node's key"],
  [["node", "--trust", "anyone"], "--trust: expected a node's key"],
  [["node", "--allow"], "'--allow <value>' argument missing"],
  [["node", "--key", "--allow", "me"], "'--key' argument is ambiguous"],
  [["node", "--key", "a", "--key", "b"], "--key: expected --listen with 2 keys"],
  [["node", "--listen", "1", "--key", "a", "--key", "a"], "--key: expected each file once, got a twice"],
  [["node", "--listen", "1", "--data", "d", "--key", "x/a.key", "--key", "y/a.key"], "names differ and have letters"],
  [["node", "--listen", "1", "--data", "d", "--key", "my key", "--key", "b"], 'got "my key"'],
  [["node", "--sandbox", "vm"], '--sandbox: expected process or worker, got "vm"'],
  [["node", "--cpu", "1s"], "--cpu: expected --sandbox process or --sandbox worker with it"],
  [["node", "--sandbox", "worker", "--memory", "a lot"], "sandbox.memory: expected"],
  [["node", "--sandbox", "worker", "--cpu", "a lot"], "sandbox.cpu: expected"],
  [["node", "--devtools", "all"], '--devtools: expected read, values or manage, got "all"'],
  [["node", "--lisen", "1"], "'--lisen'"],
])("says what is wrong with %j, and what would be right", (args, message) => {
  expect(() => parseRequest(args)).toThrow(message);
});

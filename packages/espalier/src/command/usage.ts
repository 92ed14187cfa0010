import { readLimits } from "@espalier/sandbox";
import { parse as parsePath } from "node:path";
import { parseArgs } from "node:util";
import type { SandboxOptions } from "../node/sandbox.ts";

/** What the command line asks for. */
export type Request =
  | { readonly command: "help" | "version" }
  | { readonly command: "key"; readonly path: string }
  /** Whatever follows is for the testkit. */
  | { readonly command: "chaos"; readonly args: readonly string[] }
  /** All of it is for the dev tools, the name of the command included. */
  | { readonly command: "devtools"; readonly args: readonly string[] }
  | {
      readonly command: "node";
      /** `ws://host:port`, or null: the node only connects to others. */
      readonly listen: string | null;
      /** What to tell others to reach the node by, `ws://host:port`; null: what it listens on. */
      readonly address: string | null;
      /** The key files: of one node, or of several behind one port. None: a node that is new each time. */
      readonly keys: readonly string[];
      readonly allow: readonly string[] | "anyone";
      /** Whose code runs in the node, of those who are let in; null: all who are let in by name. */
      readonly trust: readonly string[] | null;
      /** The directory of what outlives the node; null: nothing does. */
      readonly data: string | null;
      /** Where code of those runs that are let in and not trusted; null: nowhere. */
      readonly sandbox: SandboxOptions | null;
      /** What the dev tools of all its nodes may do; null: there are none. */
      readonly devtools: DevtoolsRight | null;
    };

/** Each with those before it: to see what runs, to see what is in messages and states, to act. */
export type DevtoolsRight = "read" | "values" | "manage";

const devtoolsRights: readonly DevtoolsRight[] = ["read", "values", "manage"];

const devtoolsCommands: ReadonlySet<string> = new Set([
  ...["observe", "top", "ps", "tree", "crashes", "crash", "inspect", "trace", "doctor", "dump"],
  ...["suspend", "resume", "restart", "exit", "kill"],
]);

/** The command line makes no sense; the message says what would. */
export class UsageError extends Error {
  readonly code = "USAGE";
  constructor(message: string) {
    super(message);
    this.name = "UsageError";
  }
}

export const usage = `espalier: nodes that run what others send them

  espalier node [--listen [HOST:]PORT] [--address [wss://]HOST:PORT] [--key FILE]… [--allow KEY]…
                [--trust KEY]… [--sandbox process|worker [--memory SIZE] [--cpu TIME]] [--data DIRECTORY]
                [--devtools read|values|manage]
      Starts a node, prints its address (of several nodes each, in the order of --key), and runs until SIGTERM or SIGINT.
      --listen [HOST:]PORT  accept connections; HOST is 127.0.0.1 unless given, PORT 0 takes a free one
      --address HOST:PORT   what others reach it by, where that is not what it listens on; of a proxy that speaks TLS
                            wss://HOST:PORT
      --key FILE            who the node is; made when there is none. Without it the node is new each time. Repeated: as
                            many nodes, all behind the port of --listen; everything else is said of all of them
      --allow KEY           let this key in; may be repeated. "anyone" lets everybody in. Default: nobody
      --trust KEY           run the code of this key with the rights of the node; may be repeated. Default: all keys that
                            --allow names
      --sandbox KIND        run the code of everybody else in a process, or a worker, of each peer. Default: it is refused
      --memory SIZE         what the values of one sandbox may take, such as 128MB. Default: 64MB
      --cpu TIME            what one step in a sandbox may compute, such as 500ms. Default: 1s
      --data DIRECTORY      keep the code that others sent, and checkpoints, for the next start; of several nodes each in a
                            directory there, with the name of its key file. Default: nothing is kept
      --devtools RIGHT      this user may look at it with the commands below: read what runs, also the values in
                            messages, or also manage processes. Default: only who attaches to it

  espalier key FILE
      Prints the public key of the key in FILE, which is made when there is none.

  espalier observe [PROGRAM|FILE] [--manage] [--port PORT] [--no-open]
      Opens the dev tools' page of a program that runs, or of a recording. PROGRAM is the number of its OS process, or the
      link that it printed; the only one that runs unless given.

  espalier top [PROGRAM] [--manage]
      The same on the terminal.

  espalier ps | tree | crashes [ID] | inspect PROCESS | trace PROCESS [--for TIME]
  espalier doctor [--observe TIME] | dump FILE       all with [--program PROGRAM] [--json]
      One question: which processes, who supervises whom, what crashed, all about one, its messages, what is wrong, a
      recording.

  espalier suspend | resume | restart | exit | kill PROCESS [--program PROGRAM] [--yes]
      Does it to a process of a program that may be managed. espalier ps --help says more on all of these.

  espalier chaos run|replay|shrink|exhaust|determinism|mutants …
      Runs scenarios under many seeds; needs the package @espalier/testkit. espalier chaos --help says more.

  espalier --help, --version
`;

/** @throws UsageError naming what is wrong, and what would be right. */
export function parseRequest(args: readonly string[]): Request {
  const [command, ...rest] = args;
  // Its own options are its own business, --help among them.
  if (command === "chaos") return { command, args: rest };
  if (command !== undefined && devtoolsCommands.has(command)) return { command: "devtools", args };
  if (command === undefined || command === "help" || args.includes("--help")) return { command: "help" };
  if (command === "--version") return { command: "version" };
  if (command === "key") return parseKey(rest);
  if (command === "node") return parseNode(rest);
  throw new UsageError(
    `espalier: expected node, key, chaos, ${[...devtoolsCommands].slice(0, -1).join(", ")} or kill, got ${JSON.stringify(command)}; see espalier --help`,
  );
}

function parseKey(args: readonly string[]): Request {
  const [path, ...more] = args;
  if (path === undefined || more.length > 0) {
    throw new UsageError(`espalier key: expected one file, got ${args.length === 0 ? "none" : args.length}`);
  }
  return { command: "key", path };
}

function parseNode(args: readonly string[]): Request {
  const { listen, address, key: keys = [], allow = [], trust, data, sandbox, memory, cpu, devtools } = options(args);
  if (address !== undefined && listen === undefined) throw new UsageError("--address: expected --listen with it");
  if (keys.length > 1) checkSeveral(keys, listen !== undefined, data !== undefined);
  return {
    command: "node",
    listen: listen === undefined ? null : parseAddress("--listen", listen),
    address: address === undefined ? null : parseReachable(address),
    keys,
    allow: allow.includes("anyone") ? "anyone" : allow.map((text) => parseKeyOption("--allow", text)),
    trust: trust?.map((text) => parseKeyOption("--trust", text)) ?? null,
    data: data ?? null,
    sandbox: parseSandbox(sandbox, memory, cpu),
    devtools: parseDevtoolsRight(devtools),
  };
}

/** The name that a node has among several of one command: that of its key file, without the extension. */
export function nameOfKey(file: string): string {
  return parsePath(file).name;
}

function checkSeveral(keys: readonly string[], listens: boolean, keeps: boolean): void {
  const twice = keys.find((key, index) => keys.indexOf(key) !== index);
  if (twice !== undefined) throw new UsageError(`--key: expected each file once, got ${twice} twice`);
  if (!listens) throw new UsageError(`--key: expected --listen with ${keys.length} keys: the nodes share its port`);
  if (!keeps) return;
  const names = keys.map(nameOfKey);
  const bad = names.find((name, index) => !/^[\w-][\w.-]{0,63}$/.test(name) || names.indexOf(name) !== index);
  if (bad !== undefined) {
    throw new UsageError(
      `--key: expected with --data files whose names differ and have letters, digits, "_", "-" and "." only, got ${JSON.stringify(bad)}`,
    );
  }
}

function parseSandbox(isolation?: string, memory?: string, cpu?: string): SandboxOptions | null {
  if (isolation === undefined) {
    if (memory === undefined && cpu === undefined) return null;
    throw new UsageError(
      `${memory === undefined ? "--cpu" : "--memory"}: expected --sandbox process or --sandbox worker with it`,
    );
  }
  if (isolation !== "process" && isolation !== "worker")
    throw new UsageError(`--sandbox: expected process or worker, got ${JSON.stringify(isolation)}`);
  const limits = {
    ...(memory === undefined ? {} : { memory }),
    ...(cpu === undefined ? {} : { cpu }),
  } as SandboxOptions;
  try {
    readLimits(limits);
  } catch (error) {
    throw new UsageError(`espalier node: ${(error as Error).message}`);
  }
  return { isolation, ...limits };
}

function parseDevtoolsRight(text?: string): DevtoolsRight | null {
  if (text === undefined) return null;
  const right = devtoolsRights.find((each) => each === text);
  if (right !== undefined) return right;
  throw new UsageError(`--devtools: expected read, values or manage, got ${JSON.stringify(text)}`);
}

interface Options {
  listen?: string;
  address?: string;
  key?: string[];
  allow?: string[];
  trust?: string[];
  data?: string;
  sandbox?: string;
  memory?: string;
  cpu?: string;
  devtools?: string;
}

function options(args: readonly string[]): Options {
  try {
    return parseArgs({
      args: joinValues(args),
      options: {
        listen: { type: "string" },
        address: { type: "string" },
        key: { type: "string", multiple: true },
        allow: { type: "string", multiple: true },
        trust: { type: "string", multiple: true },
        data: { type: "string" },
        sandbox: { type: "string" },
        memory: { type: "string" },
        cpu: { type: "string" },
        devtools: { type: "string" },
      },
    }).values;
  } catch (error) {
    throw new UsageError(`espalier node: ${(error as Error).message}; see espalier --help`);
  }
}

const withValue: ReadonlySet<string> = new Set([
  "--listen",
  "--address",
  "--key",
  "--allow",
  "--trust",
  "--data",
  "--sandbox",
  "--memory",
  "--cpu",
  "--devtools",
]);

/** `--allow KEY` as `--allow=KEY`: one key in 64 begins with a dash, which parseArgs would take for an option. */
function joinValues(args: readonly string[]): string[] {
  const joined: string[] = [];
  for (const arg of args) {
    const last = joined.at(-1);
    if (last !== undefined && withValue.has(last) && !withValue.has(arg)) joined[joined.length - 1] = `${last}=${arg}`;
    else joined.push(arg);
  }
  return joined;
}

/** `7000`, `0.0.0.0:7000` or `[::1]:7000` as an address. */
function parseAddress(option: string, text: string): string {
  const match = /^(?:([^/?#@\s:]+|\[[\da-fA-F:.]+\]):)?(\d{1,5})$/.exec(text);
  const port = Number(match?.[2]);
  if (match === null || port > 65_535) {
    throw new UsageError(
      `${option}: expected [HOST:]PORT with a port from 0 to 65535${hintOf(option, text)}, got ${JSON.stringify(text)}`,
    );
  }
  return `ws://${match[1] ?? "127.0.0.1"}:${port}`;
}

/** `example.org:7000`, or what a proxy that speaks TLS is reached by: `wss://example.org`. */
function parseReachable(text: string): string {
  if (!text.includes("://")) return parseAddress("--address", text);
  if (/^wss?:\/\/[^/?#\s]{1,255}$/.test(text)) return text;
  const expected = "[HOST:]PORT, ws://HOST:PORT or wss://HOST:PORT, without a path";
  throw new UsageError(`--address: expected ${expected}, got ${JSON.stringify(text)}`);
}

function hintOf(option: string, text: string): string {
  if (text.startsWith("wss:")) return " (TLS is a proxy's, whose wss://HOST:PORT is the --address)";
  if (text.startsWith("ws:")) return ", without ws://";
  if (/^[\da-fA-F:]+$/.test(text) && text.includes("::")) return " (IPv6 as [::1]:PORT)";
  return option === "--address" ? ", or wss://HOST:PORT" : "";
}

function parseKeyOption(option: "--allow" | "--trust", text: string): string {
  const key = text.includes("#") ? text.slice(text.lastIndexOf("#") + 1) : text;
  if (/^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/.test(key)) return key;
  // Behind the "." of an address is a secret.
  const shown = text.includes("#") ? `${text.slice(0, text.indexOf("#"))}#…` : text;
  const expected = `a node's key (43 characters; "espalier key FILE" prints it)`;
  const others = option === "--allow" ? ", its address, or anyone" : " or its address";
  throw new UsageError(`${option}: expected ${expected}${others}, got ${JSON.stringify(shown)}`);
}

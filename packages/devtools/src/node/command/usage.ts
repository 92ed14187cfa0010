import { parseArgs, type ParseArgsConfig } from "node:util";
import type { Plane } from "../../protocol/capability.ts";
import type { Column } from "../../protocol/sheets.ts";
import { usageError } from "./exit-code.ts";

/** Which program, and which of its nodes; null: the only one. */
export interface OfProgram {
  readonly program: string | null;
  readonly node: string | null;
}

/** What a command does with the process that it names. */
export type Action = "suspend" | "resume" | "restart" | "exit" | "kill";

/** One question, one answer, and the end. */
export type OneShot = OfProgram & { readonly json: boolean } & (
    | {
        readonly command: "ps";
        readonly sort: Column;
        readonly isRate: boolean;
        readonly limit: number;
        readonly filter: string | null;
        readonly all: boolean;
      }
    | { readonly command: "tree"; readonly under: string | null; readonly depth: number; readonly limit: number }
    | { readonly command: "crashes"; readonly id: number | null }
    | { readonly command: "inspect"; readonly process: string; readonly state: boolean }
    | { readonly command: "doctor"; readonly observeMs: number }
    | { readonly command: "dump"; readonly file: string }
    | { readonly command: "trace"; readonly process: string; readonly forMs: number }
    | {
        readonly command: Action;
        readonly process: string;
        readonly reason: string | null;
        /** Asks nobody. */
        readonly yes: boolean;
      }
  );

export type DevtoolsRequest =
  | { readonly command: "help" }
  | {
      readonly command: "observe";
      /** A PID, a link or a file. */
      readonly what: string | null;
      readonly values: boolean;
      readonly manage: boolean;
      readonly port: number | null;
      readonly open: boolean;
    }
  | (OfProgram & { readonly command: "top"; readonly values: boolean; readonly manage: boolean })
  | OneShot;

/** What sorts of `espalier ps` are called, and their columns. */
const sorts: Readonly<Record<string, Column>> = {
  mailbox: "mailbox",
  work: "reductions",
  messages: "received",
  restarts: "restarts",
  time: "doingMs",
  name: "label",
  pid: "pid",
};

export const devtoolsUsage = `espalier observe, top, ps, tree, crashes, inspect, trace, doctor, dump, suspend, resume, restart, exit, kill:
looking into programs that run

  PROGRAM is the number of the operating system's process, or the link that the program printed. Without it the only
  program of this user that runs is meant. Others on the machine can read the arguments of a command, and a link in them:
  where that matters, "-" reads the link from the standard input, and the variable ESPALIER_PROGRAM may hold it, too.

  espalier observe [PROGRAM|FILE] [--values] [--manage] [--port PORT] [--no-open]
      Opens the page of the program, or of a recording or a replay file of chaos, and prints its link.
      --values      also what is in messages and states. PROGRAM is attached to, or a link that may
      --manage      that, and the rights to suspend, restart and kill
      --port PORT   where this command serves the page, when the program itself does not. Default: a free one
      --no-open     only print the link

  espalier top [PROGRAM] [--node ID] [--values] [--manage]
      The same on the terminal; ? has the keys. Where there is no terminal, one screen as text.

  espalier ps [--sort COLUMN] [--rate] [--limit N] [--filter TEXT] [--all]
      Processes, sorted by mailbox, work, messages, restarts, time, name or pid. Default: mailbox
      --rate        by how fast it changes; takes a second
      --limit N     as many rows, 500 at most. Default: 50
      --filter TEXT only with this text in name, label or pid
      --all         the runtime's own, too

  espalier tree [--under PROCESS] [--depth N] [--limit N]
      Who supervises and started whom. Default: 3 levels, 500 rows

  espalier crashes [ID]            Crashes, the newest first; of one all that is known
  espalier inspect PROCESS [--state]
      One process in full. PROCESS is a pid as ps or a log prints it, a name, or a label. --state asks it for its state,
      too, and needs a link with the plane values, or the number of PROGRAM

  espalier trace PROCESS [--for TIME]
      The messages that it gets meanwhile: kind, sender, how long each waited and was handled. --for TIME: 1m at most.
      Default: 10s. Control and C ends it early, and prints nothing

  espalier doctor [--observe TIME] What somebody should look at, such as growing mailboxes; ends with 1 if there is any.
                                   --observe TIME, such as 10s: how long it looks. Default: 1s
  espalier dump FILE               Writes what the flight recorder has, for espalier observe FILE; nobody else may read it

  espalier suspend|resume|restart|exit|kill PROCESS [--reason TEXT] [--yes]
      Needs a link with the plane manage, or the number of PROGRAM. --reason: of exit; --yes: without asking

  All but observe and top take --program PROGRAM, --node ID (of a program with several nodes), and --json: an object
  { schema: "espalier.cli/1", command, target, capture, data, warnings, errors }.
  They end with 0, with 1 when doctor found something, with 2 for a command line that makes no sense or does not say
  which program or process, with 3 when the program refused or was not reached, and with 4 for a mistake in here.
`;

/** What a command needs beside `inspect`: as with ESPALIER_DEVTOOLS, who may manage sees values, too. */
export function planesOf(request: Exclude<DevtoolsRequest, { readonly command: "help" }>): readonly Plane[] {
  switch (request.command) {
    case "observe":
    case "top":
      return request.manage ? ["values", "manage"] : request.values ? ["values"] : [];
    case "inspect":
      return request.state ? ["values"] : [];
    case "suspend":
    case "resume":
    case "restart":
    case "exit":
    case "kill":
      return ["manage"];
    default:
      return [];
  }
}

/** @throws CommandError naming what is wrong, and what would be right. */
export function parseDevtools(args: readonly string[]): DevtoolsRequest {
  const [command = "", ...rest] = args;
  if (rest.includes("--help") || rest.includes("-h")) return { command: "help" };
  switch (command) {
    case "observe": {
      const { what, values } = read(
        command,
        rest,
        { values: flag, manage: flag, port: text, "no-open": flag },
        "PROGRAM or FILE",
      );
      const port = values.port === undefined ? null : whole(command, "--port", values.port, 0, 65_535);
      const { values: isWithValues = false, manage = false } = values;
      return { command, what, values: isWithValues, manage, port, open: values["no-open"] !== true };
    }
    case "top": {
      const { what, values } = read(
        command,
        rest,
        { values: flag, manage: flag, node: text, program: text },
        "PROGRAM",
      );
      if (what !== null && values.program !== undefined) {
        throw usageError(`espalier top: expected one program, got ${what} and --program`);
      }
      const program = what ?? values.program ?? null;
      const { node = null, values: isWithValues = false, manage = false } = values;
      return { command, program, node, values: isWithValues, manage };
    }
    case "ps": {
      const options = { sort: text, rate: flag, limit: text, filter: text, all: flag };
      const { values, common } = readOneShot(command, rest, options, null);
      const sort = values.sort === undefined ? "mailbox" : sorts[values.sort];
      if (sort === undefined) {
        throw usageError(
          `espalier ps: --sort: expected ${listed(Object.keys(sorts))}, got ${JSON.stringify(values.sort)}`,
        );
      }
      const limit = values.limit === undefined ? 50 : whole(command, "--limit", values.limit, 1, 500);
      const { filter = null } = values;
      return { ...common, command, sort, isRate: values.rate === true, limit, filter, all: values.all === true };
    }
    case "tree": {
      const { values, common } = readOneShot(command, rest, { under: text, depth: text, limit: text }, null);
      const depth = values.depth === undefined ? 3 : whole(command, "--depth", values.depth, 1, 100);
      const limit = values.limit === undefined ? 500 : whole(command, "--limit", values.limit, 1, 100_000);
      return { ...common, command, under: values.under ?? null, depth, limit };
    }
    case "crash":
    case "crashes": {
      const { what, common } = readOneShot(command, rest, {}, "ID");
      return { ...common, command: "crashes", id: what === null ? null : whole(command, "ID", what, 0, 2 ** 53 - 1) };
    }
    case "inspect": {
      const { what, values, common } = readOneShot(command, rest, { state: flag }, "PROCESS");
      return { ...common, command, process: needed(command, "PROCESS", what), state: values.state === true };
    }
    case "doctor": {
      const { values, common } = readOneShot(command, rest, { observe: text }, null);
      return {
        ...common,
        command,
        observeMs: values.observe === undefined ? 1_000 : durationMs(command, "--observe", values.observe),
      };
    }
    case "trace": {
      const { what, values, common } = readOneShot(command, rest, { for: text }, "PROCESS");
      const forMs = values.for === undefined ? 10_000 : durationMs(command, "--for", values.for);
      if (forMs < 1 || forMs > 60_000) {
        throw usageError(`espalier trace: --for: expected 1ms to 60s, got ${JSON.stringify(values.for)}`);
      }
      return { ...common, command, process: needed(command, "PROCESS", what), forMs };
    }
    case "dump": {
      const { what, common } = readOneShot(command, rest, {}, "FILE");
      return { ...common, command, file: needed(command, "FILE", what) };
    }
    case "suspend":
    case "resume":
    case "restart":
    case "exit":
    case "kill": {
      const { what, values, common } = readOneShot(command, rest, { reason: text, yes: flag }, "PROCESS");
      if (values.reason !== undefined && command !== "exit") {
        throw usageError(`espalier ${command}: --reason is of espalier exit`);
      }
      const { reason = null, yes = false } = values;
      return { ...common, command, process: needed(command, "PROCESS", what), reason, yes };
    }
    default:
      return { command: "help" };
  }
}

const flag = { type: "boolean" } as const;
const text = { type: "string" } as const;
type Options = Readonly<Record<string, typeof flag | typeof text>>;

type Values<O extends Options> = { -readonly [N in keyof O]?: O[N] extends typeof flag ? boolean : string };

/** @param expected what the command takes besides options, if anything. */
function read<const O extends Options>(
  command: string,
  args: readonly string[],
  options: O,
  expected: string | null,
): { readonly what: string | null; readonly values: Values<O> } {
  try {
    const config = { args: [...args], options, allowPositionals: true } satisfies ParseArgsConfig;
    const { values, positionals } = parseArgs(config);
    const most = expected === null ? 0 : 1;
    if (positionals.length > most) {
      const extra = JSON.stringify(positionals[most]);
      throw usageError(`expected ${expected === null ? "options only" : `one ${expected}`}, got ${extra} besides`);
    }
    return { what: positionals[0] ?? null, values };
  } catch (error) {
    throw usageError(`espalier ${command}: ${(error as Error).message}; see espalier ${command} --help`);
  }
}

function readOneShot<const O extends Options>(
  command: string,
  args: readonly string[],
  options: O,
  expected: string | null,
): {
  readonly what: string | null;
  readonly values: Values<O>;
  readonly common: OfProgram & { readonly json: boolean };
} {
  const all = { ...options, json: flag, program: text, node: text };
  const { what, values } = read(command, args, all, expected);
  const {
    json = false,
    program = null,
    node = null,
  } = values as Values<{
    readonly json: typeof flag;
    readonly program: typeof text;
    readonly node: typeof text;
  }>;
  return { what, values, common: { json, program, node } };
}

function needed(command: string, name: string, what: string | null): string {
  if (what !== null && what !== "") return what;
  throw usageError(`espalier ${command}: expected ${name}, got none; see espalier ${command} --help`);
}

function whole(command: string, name: string, value: string, least: number, most: number): number {
  const number = Number(value);
  if (/^\d+$/.test(value) && number >= least && number <= most) return number;
  throw usageError(
    `espalier ${command}: ${name}: expected a whole number from ${least} to ${most}, got ${JSON.stringify(value)}`,
  );
}

function durationMs(command: string, name: string, value: string): number {
  const [, number, unit] = /^(\d{1,6})(ms|s|m)$/.exec(value) ?? [];
  if (number === undefined) {
    throw usageError(
      `espalier ${command}: ${name}: expected a time such as 500ms, 10s or 2m, got ${JSON.stringify(value)}`,
    );
  }
  return Number(number) * { ms: 1, s: 1_000, m: 60_000 }[unit as "ms" | "s" | "m"];
}

function listed(words: readonly string[]): string {
  return `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}

import { readdir, readFile, stat } from "node:fs/promises";
import { createServer } from "node:net";
import { resolve } from "node:path";
import { parseArgs } from "node:util";

export interface Options {
  /** Paths as the user wrote them; none: the default. */
  readonly files: readonly string[];
  /** The worker's ports begin here; null: free ones are taken. */
  readonly port: number | null;
  /** Decides when which worker is struck. */
  readonly seed: number;
  readonly sabotage: Sabotage;
}

/** What is done to one worker in the middle of the job. */
export type Sabotage = "kill" | "freeze" | "none";

export const usage = `npm start [-- OPTIONS] [-- FILE…]

Counts the words of the files on three OS processes (a coordinator and two workers), kills one worker in the middle with SIGKILL, and
compares the result with a plain count. Without files: the Markdown files of this repository.

  --port PORT   the workers listen on PORT and PORT + 1 (default: free ports)
  --seed SEED   a number that decides which worker is killed, and when (default: random; printed)
  --freeze      stop the worker with SIGSTOP instead. Nothing proves that it is dead, so its counters start elsewhere only when its
                lease is over; then it is woken up, and what it still has to say is refused
  --no-kill     let everybody live
`;

/** The user has asked for something that cannot be done; the message says what, and what to do. */
export class CannotStartError extends Error {
  readonly code = "CANNOT_START";
  constructor(message: string) {
    super(message);
    this.name = "CannotStartError";
  }
}

/** @throws CannotStartError */
export function parseOptions(args: readonly string[], randomSeed: () => number): Options | "help" {
  const { values, positionals } = parse(args);
  if (values.help === true) return "help";
  return {
    files: positionals,
    port: values.port === undefined ? null : integer("--port", values.port, 1, 65_534),
    seed: values.seed === undefined ? randomSeed() : integer("--seed", values.seed, 0, 2 ** 32 - 1),
    sabotage: values["no-kill"] === true ? "none" : values.freeze === true ? "freeze" : "kill",
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        help: { type: "boolean", short: "h" },
        port: { type: "string" },
        seed: { type: "string" },
        freeze: { type: "boolean" },
        "no-kill": { type: "boolean" },
      },
    });
  } catch (error) {
    throw new CannotStartError(`${(error as Error).message}\n\n${usage}`);
  }
}

function integer(option: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= min && value <= max) return value;
  throw new CannotStartError(`${option}: expected a whole number from ${min} to ${max}, got ${JSON.stringify(text)}`);
}

/** A file to count. */
export interface Source {
  readonly name: string;
  readonly text: string;
}

/** @throws CannotStartError naming every file that cannot be read. */
export async function readSources(names: readonly string[], folder: string): Promise<Source[]> {
  const unique = [...new Set(names)];
  const read = await Promise.all(unique.map((name) => readSource(name, folder)));
  const problems = read.filter((result) => typeof result === "string");
  if (problems.length > 0) throw new CannotStartError(problems.join("\n"));
  if (read.length === 0) throw new CannotStartError(`there is no Markdown file in ${folder}; name the files to count`);
  return read as Source[];
}

async function readSource(name: string, folder: string): Promise<Source | string> {
  try {
    return { name, text: await readFile(resolve(folder, name), "utf8") };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return `${name}: there is no such file in ${folder}`;
    if (code === "EISDIR") return `${name}: this is a folder; name its files`;
    if (code === "EACCES") return `${name}: you may not read this file`;
    return `${name}: cannot be read: ${message}`;
  }
}

const notOurs = new Set(["node_modules", "dist"]);

/** The Markdown files below `folder`, installed and hidden ones excepted. */
export async function markdownFiles(folder: string): Promise<string[]> {
  const found = await readdir(folder, { recursive: true });
  const isOurs = (path: string) => path.split(/[\\/]/).every((part) => !notOurs.has(part) && !part.startsWith("."));
  const names = found.filter((path) => path.endsWith(".md") && isOurs(path)).sort();
  const areFiles = await Promise.all(names.map(async (name) => (await stat(resolve(folder, name))).isFile()));
  return names.filter((_, index) => areFiles[index]);
}

/** @throws CannotStartError when somebody else listens on one of the ports. */
export async function checkPorts(ports: readonly number[]): Promise<void> {
  for (const port of ports) await checkPort(port);
}

function checkPort(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => {
      const why = error.code === "EADDRINUSE" ? "is taken by another program" : `cannot be used: ${error.message}`;
      reject(new CannotStartError(`port ${port} ${why}; choose another one with --port, or none to take free ones`));
    });
    server.listen(port, "127.0.0.1", () => server.close(() => resolve()));
  });
}

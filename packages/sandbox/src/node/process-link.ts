import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { accessSync, constants, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { Launch, Link, LinkEvents } from "../link.ts";
import type { Limits } from "../options.ts";
import { frame, FrameReader } from "./framing.ts";

const isSource = import.meta.url.endsWith(".ts");
const main = fileURLToPath(new URL(isSource ? "./process-main.ts" : "./process-main.js", import.meta.url));

/** Which of the operating system's means this machine has: what is missing weakens the process sandbox, and is said. */
export interface ProcessMeans {
  /** `prlimit`: heap and buffers together are limited by the kernel. Without it a look every 250 ms has to do. */
  readonly hardMemory: boolean;
  /** `unshare` without rights: there is no network interface at all. Without it nothing but hardened JavaScript withholds the network. */
  readonly noNetwork: boolean;
  /** `setpriv`: it is killed with the node, whatever it computes. Without it, it ends when it next listens. */
  readonly diesWithNode: boolean;
}

let means: ProcessMeans | null = null;

/** Tries the means, once in the life of a program. */
export function processMeans(): ProcessMeans {
  const works = (command: string, ...parameters: readonly string[]): boolean =>
    process.platform === "linux" && spawnSync(command, parameters, { stdio: "ignore", env: toolEnv }).status === 0;
  means ??= {
    hardMemory: works("prlimit", "--version"),
    noNetwork: works("unshare", "-Urn", "true"),
    diesWithNode: works("setpriv", "--pdeathsig", "KILL", "true"),
  };
  return means;
}

/** Where the tools are looked for: not where the program's environment says. */
const toolEnv = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" };

/**
 * Starts sandboxes as processes of the operating system: hardened JavaScript, Node's permissions, no environment, no open files, and as
 * far as the machine has the means ({@link processMeans}) no network and a limit on memory that the kernel keeps.
 */
export function processLaunch(limits: Limits): Launch {
  return (_owner, events) => new ProcessLink(limits, events);
}

/** How often the memory of a sandbox is looked at. */
const lookMs = 250;

class ProcessLink implements Link {
  readonly #child: ChildProcess;
  readonly #events: LinkEvents;
  readonly #limits: Limits;
  readonly #closed: Promise<void>;
  #isOver = false;
  #errors = "";
  #watchdog: NodeJS.Timeout | null = null;

  constructor(limits: Limits, events: LinkEvents) {
    this.#limits = limits;
    this.#events = events;
    const [command, parameters] = commandLine(limits);
    const child = spawn(command, parameters, {
      env: { TZ: "UTC" },
      cwd: "/",
      stdio: ["pipe", "pipe", "pipe"],
      windowsHide: true,
    });
    this.#child = child;
    child.unref();
    this.#closed = new Promise((resolve) => {
      child.once("exit", () => resolve());
      child.once("error", () => resolve());
    });
    child.stderr?.on("data", (text: Buffer) => {
      this.#errors = (this.#errors + text.toString()).slice(-errorsLength);
    });
    let started = false;
    const reader = new FrameReader((bytes) => {
      if (this.#isOver) return;
      if (started) return events.message(bytes);
      started = true;
      this.#limitMemory();
      events.ready();
    });
    child.stdout?.on("data", (chunk: Buffer) => {
      try {
        if (!this.#isOver) reader.push(chunk);
      } catch (error) {
        this.#over(null, error instanceof Error ? error.message : String(error));
      }
    });
    // It may be gone before what was written to it; its end says so.
    child.stdin?.on("error", () => undefined);
    child.once("error", (error) => this.#over(null, `its process did not start: ${error.message}`));
    child.once("close", (code, signal) => this.#closedWith(code, signal));
    for (const pipe of [child.stdin, child.stdout, child.stderr]) (pipe as { unref?: () => void } | null)?.unref?.();
  }

  post(bytes: Uint8Array): void {
    this.#child.stdin?.write(frame(bytes));
  }

  async end(): Promise<void> {
    this.#isOver = true;
    if (this.#watchdog !== null) clearInterval(this.#watchdog);
    // Whoever waits for its end is to see it, though nothing else may keep the program running.
    this.#child.ref();
    this.#child.kill("SIGKILL");
    await this.#closed;
  }

  cpuMs(): Promise<number | null> {
    return Promise.resolve(readCpuMs(this.#child.pid));
  }

  /** What its data segments may grow to from now on: as large as they are with the engine in them, and the budget. */
  #limitMemory(): void {
    const { pid } = this.#child;
    const { memoryBytes, bufferBytes } = this.#limits;
    const before = readStatus(pid, "VmData");
    const beforeResident = readStatus(pid, "VmRSS");
    if (pid === undefined || before === null || beforeResident === null) return;
    const budget = memoryBytes + bufferBytes;
    if (processMeans().hardMemory) {
      spawnSync("prlimit", ["--pid", String(pid), `--data=${before + 2 * budget}`, "--core=0"], { env: toolEnv });
    }
    this.#watchdog = setInterval(() => {
      const resident = readStatus(pid, "VmRSS");
      if (resident !== null && resident > beforeResident + 2 * budget) this.#over("memory", tooMuch(this.#limits));
    }, lookMs);
    this.#watchdog.unref();
  }

  #closedWith(code: number | null, signal: string | null): void {
    const memory = /out of memory|allocation failed|Cannot allocate|bad_alloc/i.test(this.#errors);
    if (memory) this.#over("memory", tooMuch(this.#limits));
    else {
      const said = /^.*(?:Error|error|Killed).*$/m.exec(this.#errors)?.[0] ?? "";
      this.#over(null, `its process ended with ${signal ?? `code ${String(code)}`}${said === "" ? "" : `: ${said}`}`);
    }
  }

  #over(limit: "memory" | null, message: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#watchdog !== null) clearInterval(this.#watchdog);
    this.#events.ended({ limit, message });
  }
}

/** What is kept of what it prints when it fails. */
const errorsLength = 4_000;

function tooMuch({ memoryBytes }: Limits): string {
  return `it needed more than ${Math.round(memoryBytes / 2 ** 20)} MB (sandbox.memory)`;
}

function commandLine({ memoryBytes, bufferBytes }: Limits): [command: string, parameters: string[]] {
  const { noNetwork, diesWithNode } = processMeans();
  const heapMb = Math.ceil(memoryBytes / 2 ** 20);
  const node = [
    process.execPath,
    "--permission",
    ...readable().map((directory) => `--allow-fs-read=${directory}`),
    `--max-old-space-size=${heapMb}`,
    `--max-semi-space-size=${Math.max(1, Math.ceil(heapMb / 16))}`,
    "--disable-wasm-trap-handler",
    "--no-addons",
    main,
    String(bufferBytes),
  ];
  const wrapped = [
    ...(noNetwork ? ["unshare", "-Urn"] : []),
    // After the new user, who would take it away.
    ...(diesWithNode ? ["setpriv", "--pdeathsig", "KILL"] : []),
    ...node,
  ];
  const [command = process.execPath, ...parameters] = wrapped;
  return [tool(command), parameters];
}

function tool(command: string): string {
  if (command.includes("/")) return command;
  for (const directory of toolEnv.PATH.split(":")) {
    const file = path.join(directory, command);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      continue; // Not in this one.
    }
  }
  return command;
}

/** The directories of this package and of all that it loads: programs' code, and no data. */
function readable(): string[] {
  const own = path.resolve(path.dirname(main), "..", "..");
  const modules = [
    "ses",
    "@espalier/heartbeat",
    "@espalier/channels",
    "@espalier/runtime",
    "@espalier/code",
    "@espalier/wire",
  ];
  const found = new Set([own]);
  for (const name of modules) found.add(packageRoot(fileURLToPath(import.meta.resolve(name))));
  const roots = new Set([...found].map((directory) => outermostModules(directory) ?? directory));
  // Node 22.13 aborts when it is told of a directory and then of one around it, which holds the first anyway.
  const isWithin = (one: string, other: string): boolean => one.startsWith(`${other}${path.sep}`);
  return [...roots].filter((one) => ![...roots].some((other) => isWithin(one, other)));
}

/** What is above its innermost package.json. */
function packageRoot(file: string): string {
  for (let directory = path.dirname(file); directory !== path.dirname(directory); directory = path.dirname(directory)) {
    try {
      readFileSync(path.join(directory, "package.json"));
      return directory;
    } catch {
      continue; // Further up.
    }
  }
  return path.dirname(file);
}

/** The outermost directory of installed packages that a package is in; null where it is in none. */
function outermostModules(directory: string): string | null {
  const at = directory.indexOf(`${path.sep}node_modules${path.sep}`);
  return at < 0 ? null : directory.slice(0, at + `${path.sep}node_modules`.length);
}

function readStatus(pid: number | undefined, field: string): number | null {
  try {
    const match = new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(readFileSync(`/proc/${String(pid)}/status`, "utf8"));
    return match === null ? null : Number(match[1]) * 1_024;
  } catch {
    return null; // Not on this system, or it has ended.
  }
}

/** The kernel counts hundredths of a second. */
function readCpuMs(pid: number | undefined): number | null {
  try {
    const text = readFileSync(`/proc/${String(pid)}/stat`, "utf8");
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) * 10;
  } catch {
    return null; // Not on this system, or it has ended.
  }
}

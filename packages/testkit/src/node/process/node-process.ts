import { NodeRef, type NodeView } from "@espalier/runtime";
import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { NodeState, ObservedNode } from "../../scenario/observation.ts";
import type { Identity } from "@espalier/wire";
import { unpack } from "./parcel.ts";
import { Watchman } from "./watchman.ts";
import type { Line, Order, Said, Start } from "./protocol.ts";

/** What runs in each process, beside this file wherever that is. */
const entry: string = fileURLToPath(
  new URL(import.meta.url.endsWith(".ts") ? "./child.ts" : "./child.js", import.meta.url),
);

/** How much is kept of what a process printed. */
const outputLength = 2_000;

/** Whom a process tells what it does. */
export interface NodeProcessOwner {
  heard(node: NodeProcess<any>, line: Line): void;
  /** It ended, and nobody had ended it. */
  died(node: NodeProcess<any>, how: string): void;
}

export interface NodeProcessOptions {
  readonly name: string;
  readonly identity: Identity;
  readonly directory: string;
  readonly runDirectory: string;
  readonly execArgv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly owner: NodeProcessOwner;
}

/** A node of a scenario in processes of its own, one for each life, as whoever runs them sees it. */
export class NodeProcess<Seen> implements ObservedNode<Seen> {
  readonly name: string;
  readonly ref: NodeRef;
  readonly directory: string;
  /** Where it really listens; null while it does not. */
  port: number | null = null;
  /** As it said last of itself. */
  view: NodeView | null = null;
  seen: Seen | null = null;
  isBooted = false;
  isGone = false;
  /** Whether it has done something since it was looked at. */
  hasNews = false;
  /** Its process does not read what it is told. */
  isHalted = false;
  readonly #options: NodeProcessOptions;
  #process: ChildProcess | null = null;
  #life = 0;
  /** Nothing is started any more. */
  #isOver = false;
  #ended: Promise<void> = Promise.resolve();
  #watchman: Watchman | null = null;
  #output = "";
  /** Who waits for it to say something of that type. */
  readonly #waiting = new Map<Said["type"], Set<(said: boolean) => void>>();

  constructor(options: NodeProcessOptions) {
    const { name, identity, directory } = options;
    this.#options = options;
    this.name = name;
    this.ref = new NodeRef(identity.id, `ws://${name}:7000`);
    this.directory = directory;
    mkdirSync(directory, { recursive: true });
  }

  get life(): number {
    return this.#life;
  }

  get state(): NodeState {
    if (this.isGone) return "gone";
    if (this.#process === null) return "crashed";
    if (this.isHalted) return "paused";
    return this.isBooted ? "running" : "booting";
  }

  /** The id of its process; null while there is none. */
  get pid(): number | null {
    return this.#process?.pid ?? null;
  }

  /** What its process printed last. */
  get output(): string {
    return this.#output.trim();
  }

  /** Starts a process for the next life, and gives whether it came as far as to load its modules. */
  async spawn(): Promise<boolean> {
    await this.#ended;
    if (this.#isOver) return false;
    const { execArgv, env, owner, runDirectory } = this.#options;
    this.#life += 1;
    const child = spawn(process.execPath, [...execArgv, entry], {
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      serialization: "advanced",
      env,
      cwd: runDirectory,
    });
    this.#process = child;
    this.#output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.#output = (this.#output + text).slice(-outputLength);
      });
    }
    child.on("message", (lines: readonly Line[]) => {
      for (const line of lines) if (this.#process === child) this.#heard(line);
    });
    this.#ended = new Promise((resolve) => {
      const over = (how: string): void => {
        resolve();
        if (this.#process !== child) return;
        this.#forget();
        owner.died(this, how);
      };
      child.once("error", (error) => over(`it could not be started: ${error.message}`));
      child.once("exit", (code, signal) =>
        over(signal === null ? `it ended with code ${code}` : `it ended by ${signal}`),
      );
    });
    return await this.hears("ready");
  }

  tell(order: Order): void {
    // Without an answer it counts as a process that is about to end, and its end is seen.
    if (this.#process?.connected === true) this.#process.send(order, () => {});
  }

  /** Whether it says something of that type before its process ends. */
  hears(type: Said["type"]): Promise<boolean> {
    if (this.#process === null) return Promise.resolve(false);
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(type) ?? new Set();
      this.#waiting.set(type, waiting.add(resolve));
    });
  }

  /** Asks it how it is; gives false when it ends before it has answered. */
  look(): Promise<boolean> {
    const looked = this.hears("looked");
    this.tell({ type: "look" });
    return looked;
  }

  /** Tells its process what it is to be. */
  begin(start: Start): void {
    this.tell(start);
  }

  /** Its process is gone at once (SIGKILL). False when there was none. */
  kill(): boolean {
    const child = this.#process;
    if (child === null) return false;
    this.#forget();
    child.kill("SIGKILL");
    return true;
  }

  wipe(): void {
    rmSync(this.directory, { recursive: true, force: true });
    mkdirSync(this.directory);
  }

  /** Its process runs nothing until it is resumed (SIGSTOP). False when there is none, or it was halted anyway. */
  stop(): boolean {
    const child = this.#process;
    if (child?.pid === undefined || this.isHalted) return false;
    this.isHalted = true;
    this.#watchman = new Watchman(child.pid, this.#options.runDirectory);
    child.kill("SIGSTOP");
    return true;
  }

  resume(): void {
    this.isHalted = false;
    this.#process?.kill("SIGCONT");
    this.#watchman?.dismiss();
    this.#watchman = null;
  }

  /** Ends whatever runs, and resolves when nothing does. */
  async end(): Promise<void> {
    this.#isOver = true;
    this.kill();
    await this.#ended;
  }

  #heard(line: Line): void {
    switch (line.type) {
      case "listening":
        this.port = line.port;
        break;
      case "closed":
        this.port = null;
        break;
      case "booted":
        this.isBooted = true;
        break;
      case "event":
        this.hasNews = true;
        break;
      case "looked":
        this.hasNews = false;
        this.view = unpack(line.view) as NodeView | null;
        this.seen = unpack(line.seen) as Seen | null;
        break;
      default:
    }
    // First whoever runs all this, so that whoever waits finds everything done that this brings.
    this.#options.owner.heard(this, line);
    this.#answer(line.type, true);
  }

  #answer(type: Said["type"], said: boolean): void {
    const waiting = this.#waiting.get(type);
    this.#waiting.delete(type);
    for (const resolve of waiting ?? []) resolve(said);
  }

  #forget(): void {
    this.#process = null;
    this.port = null;
    this.view = null;
    this.seen = null;
    this.isBooted = false;
    this.hasNews = false;
    this.isHalted = false;
    this.#watchman?.dismiss();
    this.#watchman = null;
    for (const type of [...this.#waiting.keys()]) this.#answer(type, false);
  }
}

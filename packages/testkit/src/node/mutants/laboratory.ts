import { type ChildProcess, fork } from "node:child_process";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { ChildAnswer, ChildMessage, ChildTask } from "./child.ts";
import { mutationVariable, type Mutation } from "./mutant.ts";

/** How long a process may take to load its modules. */
const loadMs = 60_000;

/** Published it is JavaScript. */
const isSource = import.meta.url.endsWith(".ts");
const child = new URL(isSource ? "./child.ts" : "./child.js", import.meta.url);
const hooks = new URL(isSource ? "./hooks.ts" : "./hooks.js", import.meta.url);

/** A process in which scenarios are run, one after another, with a mutant or with none. */
export class Laboratory implements Disposable {
  readonly #process: ChildProcess;
  readonly #timeMs: number;
  #stderr = "";

  /**
   * @param timeMs how long the runs of one task may take.
   * @param signal ends the process at once.
   */
  constructor(mutation: Mutation | null, timeMs: number, signal?: AbortSignal) {
    const { NODE_OPTIONS: inherited = "", ...env } = process.env;
    this.#timeMs = timeMs;
    this.#process = fork(fileURLToPath(child), {
      // By the environment, and so for whatever processes and threads it starts itself.
      env: {
        // Most of the time goes into compiling what is the same for all mutants; what is kept of a file counts for this very source alone.
        NODE_COMPILE_CACHE: path.join(tmpdir(), "espalier-compile-cache"),
        ...env,
        NODE_OPTIONS: `${inherited} --import=${hooks.href}`.trim(),
        ...(mutation === null ? {} : { [mutationVariable]: JSON.stringify(mutation) }),
      },
      execArgv: [],
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    const end = (): void => void this.#process.kill("SIGKILL");
    signal?.addEventListener("abort", end, { once: true });
    this.#process.on("close", () => signal?.removeEventListener("abort", end));
    this.#process.stderr?.on("data", (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString()).slice(-4_000);
    });
  }

  /** Runs a task; one at a time. Null: it took too long, and the process is gone. */
  run(task: ChildTask): Promise<ChildAnswer | null> {
    const child = this.#process;
    return new Promise((resolve) => {
      const settle = (answer: ChildAnswer | null): void => {
        clearTimeout(timer);
        child.off("message", hear).off("error", fail).off("close", closed);
        resolve(answer);
      };
      const late = (): void => {
        child.kill("SIGKILL");
        settle(null);
      };
      let timer = setTimeout(late, loadMs);
      const hear = (message: ChildMessage): void => {
        if (message !== "running") return settle(message);
        clearTimeout(timer);
        timer = setTimeout(late, this.#timeMs);
      };
      const refuse = (error: string): void => settle({ caught: null, runs: 0, loaded: true, error });
      const fail = (error: Error): void => refuse(error.message);
      const closed = (code: number | null, signal: string | null): void =>
        refuse(`its process ended with ${signal ?? code} before it answered: ${this.#stderr.trim()}`);
      child.on("message", hear).on("error", fail).on("close", closed);
      // It may be gone already; then the channel says so to the callback, and `close` tells why.
      child.send(task, (error) => {
        if (error !== null && child.exitCode !== null) fail(error);
      });
    });
  }

  /** Ends the process. */
  [Symbol.dispose](): void {
    // Nicely, so that it keeps what it has compiled.
    if (this.#process.connected) this.#process.disconnect();
    else this.#process.kill("SIGKILL");
  }
}

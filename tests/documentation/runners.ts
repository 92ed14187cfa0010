import { type ChildProcess, fork } from "node:child_process";
import path from "node:path";
import { pathToFileURL } from "node:url";
import type { Ran } from "./runner.ts";

/** Programs that run examples, each one after the other. */
export class Runners {
  readonly #idle: ChildProcess[] = [];
  readonly #options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv };
  readonly #timeoutMs: number;

  constructor(options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv }, timeoutMs: number) {
    this.#options = options;
    this.#timeoutMs = timeoutMs;
  }

  /** What came of a module; null: its program ended or took too long, and says nothing about it. */
  run(module: string): Promise<Ran | null> {
    const runner =
      this.#idle.pop() ??
      fork(path.join(import.meta.dirname, "runner.ts"), {
        ...this.#options,
        stdio: ["ignore", "ignore", "ignore", "ipc"],
      });
    const url = pathToFileURL(path.join(this.#options.cwd, module)).href;
    return new Promise((resolve) => {
      const late = setTimeout(() => runner.kill("SIGKILL"), this.#timeoutMs);
      const settle = (ran: Ran | null): void => {
        clearTimeout(late);
        runner.removeAllListeners();
        // Who has failed may have left something behind.
        if (ran?.error === null) this.#idle.push(runner);
        else runner.kill("SIGKILL");
        resolve(ran);
      };
      runner.once("message", (ran) => settle(ran as Ran));
      runner.once("exit", () => settle(null));
      runner.send(url);
    });
  }

  stop(): void {
    for (const runner of this.#idle.splice(0)) runner.kill("SIGKILL");
  }
}

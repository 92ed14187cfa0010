import { spawn, type ChildProcess } from "node:child_process";

/** Waits for the end of its input, which is that of whoever holds the other end. */
const script = 'read -r _; kill -KILL "$0"; rm -rf -- "$1"';

/**
 * A process that is stopped cannot notice that whoever ran it has died: while it is, a shell waits for that, kills it, and removes the directory of
 * the run, as the process would have done itself.
 */
export class Watchman {
  readonly #shell: ChildProcess;

  constructor(pid: number, directory: string) {
    this.#shell = spawn("/bin/sh", ["-c", script, String(pid), directory], { stdio: ["pipe", "ignore", "ignore"] });
    // Without a shell the process is watched by nobody, and everything else goes on.
    this.#shell.on("error", () => {});
    this.#shell.stdin?.on("error", () => {});
    this.#shell.unref();
  }

  /** Nothing is to be watched any more. */
  dismiss(): void {
    this.#shell.kill("SIGKILL");
    this.#shell.stdin?.destroy();
  }
}

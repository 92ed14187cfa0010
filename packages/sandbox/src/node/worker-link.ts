import { setTimeout } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import type { Launch, Link, LinkEvents } from "../link.ts";
import type { Limits } from "../options.ts";

const isSource = import.meta.url.endsWith(".ts");
const main = new URL(isSource ? "./worker-main.ts" : "./worker-main.js", import.meta.url);

/**
 * Starts sandboxes as worker threads of this process: hardened JavaScript in an isolate of its own. What code can reach is nothing; the
 * heap and the time of a step are limited. A mistake in the engine is not: the worker shares its process with the node.
 */
export function workerLaunch(limits: Limits): Launch {
  return (owner, events) => new WorkerLink(owner, limits, events);
}

class WorkerLink implements Link {
  readonly #worker: Worker;
  #isOver = false;

  constructor(owner: string, { memoryBytes, bufferBytes }: Limits, events: LinkEvents) {
    const heapMb = Math.ceil(memoryBytes / 2 ** 20);
    this.#worker = new Worker(main, {
      name: `sandbox of ${owner.slice(0, 8)}`,
      workerData: { bufferBytes },
      // Nothing of this program's: not its environment, not its arguments, not its flags, not its output.
      env: {},
      argv: [],
      execArgv: [],
      stdin: false,
      stdout: true,
      stderr: true,
      trackUnmanagedFds: true,
      resourceLimits: {
        maxOldGenerationSizeMb: heapMb,
        maxYoungGenerationSizeMb: Math.max(2, Math.ceil(heapMb / 8)),
        stackSizeMb: 2,
      },
    });
    this.#worker.unref();
    let started = false;
    this.#worker.on("message", (message: unknown) => {
      if (this.#isOver) return;
      if (!started) {
        started = true;
        events.ready();
      } else events.message(message instanceof Uint8Array ? message : new Uint8Array());
    });
    const over = (limit: "memory" | null, message: string): void => {
      if (this.#isOver) return;
      this.#isOver = true;
      events.ended({ limit, message });
    };
    this.#worker.on("error", (error: Error & { code?: string }) => {
      if (error.code === "ERR_WORKER_OUT_OF_MEMORY")
        over("memory", `it needed more than ${heapMb} MB (sandbox.memory)`);
      else over(null, `its worker failed: ${error.message}`);
    });
    this.#worker.on("exit", (code) => over(null, `its worker ended with code ${code}`));
  }

  post(bytes: Uint8Array): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- A worker is no window.
    this.#worker.postMessage(bytes);
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await this.#worker.terminate();
  }

  async cpuMs(): Promise<number | null> {
    if (this.#isOver) return null;
    try {
      const { user, system } = await Promise.race([this.#worker.cpuUsage(), tooLate()]);
      return (user + system) / 1_000;
    } catch {
      return null; // It has ended in the meantime, or is where the engine cannot be interrupted.
    }
  }
}

/** How long a worker may take to say what it has used: a large multiplication of big integers answers nothing. */
async function tooLate(): Promise<never> {
  await setTimeout(cpuAnswerMs, undefined, { ref: false });
  throw new Error("no answer");
}

const cpuAnswerMs = 100;

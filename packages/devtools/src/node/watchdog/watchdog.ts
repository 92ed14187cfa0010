import { url as inspectorUrl } from "node:inspector";
import { isMainThread, Worker } from "node:worker_threads";
import { foreignLine, type Node, Tracing } from "@espalier/runtime";
import { beginLoopBlocks, noteLoopBlocked } from "../../observing/loop-blocked.ts";
import { Names } from "./names.ts";
import { at, type Blocked, numbers, sharedMs, type WatchTask } from "./shared.ts";
import { WatchedNode } from "./watched-node.ts";

/** How the event loop is watched. */
export interface WatchdogOptions {
  /** It is blocked when it has not come round for so long: 500 ms unless given, 50 ms at least. */
  readonly afterMs?: number;
  /** Whether a block is said on standard error at once, three a minute at most. True unless given. */
  readonly print?: boolean;
}

const usualMs = 500;
/** How often the loop is to say that it comes round: at least five times before it counts as blocked, and ten times a second. */
const oftenestMs = 10;
const seldomestMs = 100;

let started = 0;

/**
 * A thread that notices when the event loop of this one does not come round, and says which process has it, and where that is.
 *
 * It never keeps the program alive. What it costs this thread is a timer and, for each slice of a process, a few numbers in memory that both have.
 */
export class Watchdog {
  readonly #nodes: () => readonly Node[];
  readonly #shared: Float64Array;
  readonly #names: Names;
  readonly #worker: Worker;
  readonly #watched: Map<Node, WatchedNode> = new Map();
  readonly #timer: NodeJS.Timeout;
  readonly #key: number;
  #isOver = false;

  /** @param nodes whose processes are named; they may come and go. */
  constructor(nodes: () => readonly Node[], { afterMs = usualMs, print = true }: WatchdogOptions = {}) {
    this.#nodes = nodes;
    const memory = new SharedArrayBuffer(numbers * Float64Array.BYTES_PER_ELEMENT);
    this.#shared = new Float64Array(memory);
    const everyMs = Math.min(seldomestMs, Math.max(oftenestMs, afterMs / 5));
    started += 1;
    this.#key = started;
    handlers.set(this.#key, () => this.#handling());
    openForLooking();
    this.#shared[at.beatMs] = sharedMs();
    const task: WatchTask = {
      memory,
      afterMs,
      everyMs,
      print,
      // The inspector of another thread reaches the main one, and no other.
      handling: isMainThread ? `globalThis[Symbol.for("${registry}")]?.get(${this.#key})?.()` : null,
      foreign: foreignLine,
    };
    this.#worker = new Worker(workerFile, {
      name: "espalier watchdog",
      workerData: task,
      argv: [],
      execArgv: [],
      env: {},
      stdin: false,
      resourceLimits: { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 4, stackSizeMb: 2 },
    });
    this.#names = new Names(this.#worker);
    this.#worker.on("message", (blocked: Blocked) => this.#wasBlocked(blocked));
    this.#worker.on("error", (error) => {
      process.stderr.write(`espalier: the watchdog of the event loop has ended: ${error.message}\n`);
      this.#end();
    });
    // Last: a listener of messages holds the program again.
    this.#worker.unref();
    this.#timer = setInterval(() => this.#beat(), everyMs).unref();
    this.#beat();
  }

  /** Resolves when its thread has ended. Idempotent. */
  async stop(): Promise<void> {
    this.#end();
    await this.#worker.terminate();
  }

  /** The event loop comes round. */
  #beat(): void {
    const shared = this.#shared;
    shared[at.debugged] = inspectorUrl() === undefined ? 0 : 1;
    shared[at.beatMs] = sharedMs();
    shared[at.beat]! += 1;
    const nodes = this.#nodes();
    for (const node of nodes) if (!this.#watched.has(node)) this.#watch(node);
    if (this.#watched.size === nodes.length) return;
    for (const [node, watched] of this.#watched) if (!nodes.includes(node)) this.#unwatch(node, watched);
  }

  /** One watchdog a node: whoever comes second begins when the first is stopped. */
  #watch(node: Node): void {
    const { scheduler } = node.kernel;
    if (scheduler.watch !== null) return;
    const watched = new WatchedNode(node, this.#shared, this.#names);
    scheduler.watch = watched;
    this.#watched.set(node, watched);
    beginLoopBlocks(node);
  }

  #unwatch(node: Node, watched: WatchedNode): void {
    this.#watched.delete(node);
    // A session that traces stands before it, and would put it back.
    Tracing.of(node.kernel)?.stop();
    const { scheduler } = node.kernel;
    if (scheduler.watch === watched) scheduler.watch = null;
  }

  /** Of the process that has the event loop now: the watchdog's thread asks it, while this one is stopped. */
  #handling(): string | null {
    for (const { handling } of this.#watched.values()) if (handling !== null) return handling;
    return null;
  }

  /** It comes round again. All nodes have stood still; that of the process knows which one it was. */
  #wasBlocked({ named, serial, several, blockedMs, handling, stack }: Blocked): void {
    for (const [node, watched] of this.#watched) {
      const { pid, label } = watched.find(named, serial) ?? { pid: null, label: "" };
      const kind = pid === null ? null : handling;
      noteLoopBlocked(node, { type: "loop.blocked", pid, label, handling: kind, several, blockedMs, stack });
    }
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearInterval(this.#timer);
    handlers.delete(this.#key);
    for (const [node, watched] of this.#watched) this.#unwatch(node, watched);
  }
}

/** Under this name the watchdog's thread finds what to ask in this one. */
const registry = "espalier.watchdogs";
const handlers = new Map<number, () => string | null>();

function openForLooking(): void {
  (globalThis as { [name: symbol]: unknown })[Symbol.for(registry)] = handlers;
}

const workerFile = new URL(import.meta.url.endsWith(".ts") ? "./watch.ts" : "./watch.js", import.meta.url);

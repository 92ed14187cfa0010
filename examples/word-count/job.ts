import { CauseError, describeCause, Node, Server, Supervisor, type Self } from "espalier";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { counter } from "./counter.ts";
import { Ledger, type Watcher } from "./ledger.ts";
import { machine, type MachineOptions, type Machines } from "./machine.ts";
import type { Sabotage, Source } from "./options.ts";
import { Pool } from "./pool.ts";
import { Saboteur } from "./saboteur.ts";
import type { Screen } from "./screen.ts";
import { JobView } from "./view.ts";
import { addCounts, countWords, differences, pieces, type Counts } from "./words.ts";

export interface Job {
  readonly sources: readonly Source[];
  readonly port: number | null;
  readonly seed: number;
  readonly sabotage: Sabotage;
  readonly screen: Screen;
}

const repository = fileURLToPath(new URL("../..", import.meta.url));

const workerNames = ["worker-1", "worker-2"] as const;

/** The program of the workers: the ordinary `espalier` command, which knows nothing of this folder. */
const command = fileURLToPath(import.meta.resolve("espalier/command"));

/** What the processes of the job are given. */
interface Parts {
  readonly node: Node;
  readonly sources: readonly Source[];
  readonly workers: readonly MachineOptions[];
  readonly machines: Machines;
  readonly watcher: Watcher;
}

const pool = Server.ref(Pool, "pool");
const ledger = Server.ref(Ledger, "ledger");

/** The ledger comes first, because nothing else makes sense without it: when it fails, everything starts again. */
const WordCount = Supervisor.define((parts: Parts) => ({
  strategy: "rest-for-one",
  children: [
    Supervisor.worker("ledger", Ledger, [{ files: parts.sources.length, watcher: parts.watcher }], { name: "ledger" }),
    Supervisor.worker("pool", Pool, [undefined], { name: "pool" }),
    Supervisor.supervisor("machines", Machinery, [parts], { name: "machines" }),
    Supervisor.supervisor("counters", Counters, [parts], { name: "counters" }),
  ],
}));

const Machinery = Supervisor.define(({ node, workers, machines }: Parts) => ({
  intensity: { restarts: 5, within: "10s" },
  children: workers.map((worker) =>
    Supervisor.worker(worker.name, named(worker.name, machine), [worker, node, pool, machines], { ready: true }),
  ),
}));

/** One counter a file. When a worker dies, all counters that are there fail together. */
const Counters = Supervisor.define(({ sources }: Parts) => ({
  intensity: { restarts: 3 * sources.length, within: "10s" },
  children: sources.map(({ name, text }) =>
    Supervisor.worker(name, named(name, counter), [{ file: name, pieces: pieces(text), ledger, pool }], {
      restart: "transient",
    }),
  ),
}));

/** Runs the job and tells about it. @returns the exit code: 0 only if the counts agree. */
export async function runJob({ sources, port, seed, sabotage, screen }: Job): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), "espalier-word-count-"));
  const machines: Machines = new Map();
  try {
    await using node = await Node.start({ identity: join(folder, "coordinator.key"), logger: { report: () => {} } });
    const view = new JobView(node, sources.length, machines, screen);
    const total = sources.reduce((sum, { text }) => sum + pieces(text).length, 0);
    screen.line(`Counting ${sources.length} files (${total} pieces) on ${workerNames.length} workers, seed ${seed}.`);

    const counted = Promise.withResolvers<Counts>();
    const atPiece = 1 + (seed % Math.max(1, total - 1));
    const saboteur = new Saboteur(sabotage, atPiece, machines, {
      struck(name, { child }, signal) {
        view.showTree("Everything runs:");
        view.say(`strike     ${name}: ${signal} to OS process ${child.pid}`);
        // A killed machine is taken out by its own process, which sees it end; that a frozen one is of no use, only we know.
        if (signal === "SIGSTOP") void node.run(pool.call.remove(name));
      },
      woken: (name, { child }) => view.say(`woken up   ${name}: SIGCONT to OS process ${child.pid}`),
    });
    const watcher: Watcher = {
      began(file, incarnation) {
        view.began(file, incarnation);
        if (incarnation > 1) saboteur.recovered();
      },
      progressed: (progress) => saboteur.counted(progress.node),
      entered: ({ file, counts }) => view.entered(file, counts),
      ignored: ({ file, incarnation }, entered) => view.ignored(file, incarnation, entered),
      finished: counted.resolve,
    };
    const workers = workerNames.map((name, index) => workerOptions(name, index, folder, node, port));
    const unsubscribe = node.events.subscribe((event) => view.happened(event));
    try {
      const running = node.run(function* wordCount(self: Self<never>) {
        yield* Supervisor.startLink(WordCount, { node, sources, workers, machines, watcher }, { name: "word-count" });
        return yield* self.receive();
      });
      const counts = await Promise.race([counted.promise, running]);
      view.say("done       all files are counted");
      // Whoever was struck may still be on its way back.
      await Promise.race([everybodyUp(node, machines), running]);
      running.catch(() => {});
      view.showTree("At the end:");
      return verdict(counts, sources, screen);
    } finally {
      unsubscribe();
    }
  } catch (error) {
    if (!(error instanceof CauseError)) throw error;
    screen.line(`The job failed: ${describeCause(error.reason)}`);
    return 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Resolves once all workers are up. */
function everybodyUp(node: Node, machines: Machines): Promise<void> {
  return new Promise((resolve) => {
    const check = (): void => {
      if (machines.size < workerNames.length) return;
      unsubscribe();
      resolve();
    };
    const unsubscribe = node.events.subscribe(check);
    check();
  });
}

function workerOptions(name: string, index: number, folder: string, node: Node, port: number | null): MachineOptions {
  const listen = ["--listen", String(port === null ? 0 : port + index)];
  const keys = ["--key", join(folder, `${name}.key`), "--allow", node.ref.id];
  return { name, folder, command: [process.execPath, ...confined(folder), command, "node", ...listen, ...keys] };
}

/** Node's options for a worker: it may read Espalier and its own key, and nothing else, the files of this folder included. */
export function confined(folder: string): string[] {
  const readable = [join(repository, "packages"), join(repository, "node_modules"), folder];
  const reading = readable.map((path) => `--allow-fs-read=${join(path, "*")}`);
  return ["--permission", ...reading, `--allow-fs-write=${join(folder, "*")}`];
}

/** Compares with a plain count in one process. */
function verdict(counts: Counts, sources: readonly Source[], screen: Screen): number {
  const expected: Counts = new Map();
  for (const { text } of sources) addCounts(expected, countWords(text));
  const words = [...expected.values()].reduce((sum, times) => sum + times, 0);
  const wrong = differences(counts, expected);
  if (wrong.length > 0) {
    screen.line(`WRONG: the counts differ from those of a plain count: ${wrong.join(", ")}`);
    return 1;
  }
  const most = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).slice(0, 5);
  screen.line(`Right: ${words} words, ${expected.size} different ones, the same as a plain count in one process.`);
  screen.line(`Most frequent: ${most.map(([word, times]) => `${word} (${times})`).join(", ")}.`);
  return 0;
}

/** The same function under another name: what the tree shows. */
function named<F extends (...args: never[]) => unknown>(name: string, f: F): F {
  const wrapped = (...args: never[]): unknown => f(...args);
  return Object.defineProperty(wrapped, "name", { value: name }) as F;
}

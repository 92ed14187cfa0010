import { fork } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { ChildAnswer, ChildTask } from "./child.ts";
import { mutationVariable, type Mutation } from "./hooks.ts";
import { checkMutants, mutate, MutantError, type Mutant, type MutantList } from "./mutant.ts";

export interface RunMutantsOptions {
  /** The ids of those that are run. Default: all. */
  readonly only?: readonly string[];
  /** Whether seeds are tried from 1 on even where one is recorded. Default: false. */
  readonly fromScratch?: boolean;
  /** How many processes at once. Default: 1. */
  readonly jobs?: number;
  /** How long one may take, in time of this machine. Default: two minutes. */
  readonly timeMs?: number;
  readonly signal?: AbortSignal;
  /** Called with each as it is done. */
  readonly onResult?: (result: MutantResult) => void;
}

/** What became of a mutant. */
export interface MutantResult {
  readonly mutant: Mutant;
  /**
   * `caught`: a property failed that holds without it. `survived`: nothing failed under its seeds. `broken`: the scenario fails under the same
   * seed without it, so it shows nothing. `hung`: it took too long. `error`: it could not be run.
   */
  readonly verdict: "caught" | "survived" | "broken" | "hung" | "error";
  /** The first seed that failed, and how. */
  readonly seed: number | null;
  readonly property: string | null;
  readonly what: string | null;
  readonly runs: number;
  /** For people, in a line. */
  readonly text: string;
}

/**
 * Runs mutants, each in a process of its own, which loads the file with the mistake in it; nothing on disk changes. A mutant counts as caught
 * when a run fails that holds without it.
 *
 * @throws MutantError naming a mutant whose text is not where it was, or an id that is none; nothing has been run then.
 */
export async function runMutants(list: MutantList, options: RunMutantsOptions = {}): Promise<readonly MutantResult[]> {
  checkMutants(list);
  const mutants = select(list, options.only ?? []);
  await Promise.all(mutants.map((mutant) => checkApplies(list, mutant)));
  const results = new Map<Mutant, MutantResult>();
  const waiting = [...mutants];
  const work = async (): Promise<void> => {
    for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
      if (options.signal?.aborted === true) return;
      const result = await runMutant(list, mutant, options);
      results.set(mutant, result);
      options.onResult?.(result);
    }
  };
  await Promise.all(Array.from({ length: options.jobs ?? 1 }, work));
  return mutants.flatMap((mutant) => results.get(mutant) ?? []);
}

function select({ mutants }: MutantList, only: readonly string[]): readonly Mutant[] {
  for (const id of only) {
    if (!mutants.some((mutant) => mutant.id === id)) {
      throw new MutantError(`mutant ${id}: expected one of ${mutants.map(({ id }) => id).join(", ")}`);
    }
  }
  return only.length === 0 ? mutants : mutants.filter(({ id }) => only.includes(id));
}

async function checkApplies({ root }: MutantList, mutant: Mutant): Promise<void> {
  const url = new URL(mutant.file, root);
  let source: string;
  try {
    source = await readFile(url, "utf8");
  } catch (error) {
    throw new MutantError(`mutant ${mutant.id} does not apply any more: ${(error as Error).message}`, { cause: error });
  }
  mutate(source, mutant);
}

async function runMutant({ root }: MutantList, mutant: Mutant, options: RunMutantsOptions): Promise<MutantResult> {
  const [module, name] = mutant.scenario;
  const { seed, seedsMax = 1_000, world = "sim" } = mutant;
  const isRecorded = seed !== undefined && options.fromScratch !== true;
  const task: ChildTask = {
    module: fileURLToPath(new URL(module, root)),
    name,
    world,
    fromSeed: isRecorded ? seed : 1,
    toSeed: isRecorded ? seed : seedsMax,
  };
  const mutation: Mutation = { url: new URL(mutant.file, root).href, mutant };
  const answer = await ask(task, mutation, options);
  if (answer === null) return resultOf(mutant, "hung", `took longer than ${timeOf(options)} ms`);
  const { caught, runs, loaded, error } = answer;
  if (error !== null) return resultOf(mutant, "error", error, { runs });
  if (!loaded) return resultOf(mutant, "error", `${name} does not load ${mutant.file}, so it cannot notice`, { runs });
  if (caught === null) {
    return resultOf(mutant, "survived", isRecorded ? `seed ${seed}` : `${runs} seeds from 1 on`, { runs });
  }
  // What fails anyway has caught nothing.
  const without = await ask({ ...task, fromSeed: caught.seed, toSeed: caught.seed }, null, options);
  if (without === null) return resultOf(mutant, "hung", `took longer than ${timeOf(options)} ms without the mutant`);
  if (without.error !== null) return resultOf(mutant, "error", without.error, { runs });
  if (without.caught !== null) {
    const { property, what } = without.caught;
    return resultOf(mutant, "broken", `${property} fails under seed ${caught.seed} without it too: ${what}`, { runs });
  }
  return resultOf(mutant, "caught", `${caught.property}, seed ${caught.seed}: ${caught.what}`, { ...caught, runs });
}

function resultOf(
  mutant: Mutant,
  verdict: MutantResult["verdict"],
  how: string,
  found: Partial<Pick<MutantResult, "seed" | "property" | "what" | "runs">> = {},
): MutantResult {
  const text = `${mutant.id.padEnd(5)} ${verdict.padEnd(8)}  ${mutant.title} (${how})`;
  return { mutant, verdict, seed: null, property: null, what: null, runs: 0, ...found, text };
}

function timeOf({ timeMs = 120_000 }: RunMutantsOptions): number {
  return timeMs;
}

/** Published it is JavaScript. */
const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
const files = { ts: ["./child.ts", "./hooks.ts"], js: ["./child.js", "./hooks.js"] } as const;
const [child, hooks] = files[extension].map((file) => new URL(file, import.meta.url)) as [URL, URL];

/** Null: it took too long. */
function ask(task: ChildTask, mutation: Mutation | null, options: RunMutantsOptions): Promise<ChildAnswer | null> {
  const { NODE_OPTIONS: inherited = "", ...env } = process.env;
  const started = fork(fileURLToPath(child), {
    // By the environment, and so for whatever processes and threads it starts itself.
    env: {
      ...env,
      NODE_OPTIONS: `${inherited} --import=${hooks.href}`.trim(),
      ...(mutation === null ? {} : { [mutationVariable]: JSON.stringify(mutation) }),
    },
    execArgv: [],
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  return new Promise((resolve, reject) => {
    let stderr = "";
    let answer: ChildAnswer | null = null;
    let isLate = false;
    const end = (): void => void started.kill("SIGKILL");
    const timer = setTimeout(() => {
      isLate = true;
      end();
    }, timeOf(options));
    options.signal?.addEventListener("abort", end, { once: true });
    started.stderr?.on("data", (chunk: Buffer) => (stderr = (stderr + chunk.toString()).slice(-4_000)));
    started.on("message", (message) => (answer = message as ChildAnswer));
    started.on("error", reject);
    started.on("close", (code, signal) => {
      clearTimeout(timer);
      options.signal?.removeEventListener("abort", end);
      if (isLate) return resolve(null);
      const error = `its process ended with ${signal ?? code} before it answered: ${stderr.trim()}`;
      resolve(answer ?? { caught: null, runs: 0, loaded: mutation !== null, error });
    });
    started.send(task);
  });
}

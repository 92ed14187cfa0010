import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { ChildAnswer, ChildTask } from "./child.ts";
import { Laboratory } from "./laboratory.ts";
import { checkMutants, mutate, MutantError, type Mutant, type MutantList } from "./mutant.ts";

export interface RunMutantsOptions {
  /** The ids of those that are run. Default: all. */
  readonly only?: readonly string[];
  /** Whether seeds are tried from 1 on even where one is recorded. Default: false. */
  readonly fromScratch?: boolean;
  /** How many processes at once. Default: 1. */
  readonly jobs?: number;
  /** How long the runs of one may take, in time of this machine. Default: two minutes. */
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
  using control = new Control(timeOf(options));
  const work = async (): Promise<void> => {
    for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
      if (options.signal?.aborted === true) return;
      const result = await runMutant(list, mutant, control, options);
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

async function runMutant(
  { root }: MutantList,
  mutant: Mutant,
  control: Control,
  options: RunMutantsOptions,
): Promise<MutantResult> {
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
  using laboratory = new Laboratory({ url: new URL(mutant.file, root).href, mutant }, timeOf(options), options.signal);
  const answer = await laboratory.run(task);
  if (answer === null) return resultOf(mutant, "hung", `took longer than ${timeOf(options)} ms`);
  const { caught, runs, loaded, error } = answer;
  if (error !== null) return resultOf(mutant, "error", error, { runs });
  if (!loaded) return resultOf(mutant, "error", `${name} does not load ${mutant.file}, so it cannot notice`, { runs });
  if (caught === null) {
    return resultOf(mutant, "survived", isRecorded ? `seed ${seed}` : `${runs} seeds from 1 on`, { runs });
  }
  // What fails anyway has caught nothing.
  const without = await control.run({ ...task, fromSeed: caught.seed, toSeed: caught.seed });
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

/** The program as it is, in a process that all mutants share: what fails there too has not been caught. */
class Control implements Disposable {
  readonly #timeMs: number;
  #laboratory: Laboratory | null = null;
  /** One task at a time. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(timeMs: number) {
    this.#timeMs = timeMs;
  }

  async run(task: ChildTask): Promise<ChildAnswer | null> {
    const answer = this.#last.then(async () => {
      this.#laboratory ??= new Laboratory(null, this.#timeMs);
      const answer = await this.#laboratory.run(task);
      // What took too long is gone, and so is what broke.
      if (answer === null || answer.error !== null) this[Symbol.dispose]();
      return answer;
    });
    this.#last = answer;
    return await answer;
  }

  [Symbol.dispose](): void {
    this.#laboratory?.[Symbol.dispose]();
    this.#laboratory = null;
  }
}

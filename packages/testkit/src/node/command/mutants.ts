import path from "node:path";
import type { MutantList } from "../mutants/mutant.ts";
import { runMutants } from "../mutants/run-mutants.ts";
import { exitCodes } from "./exit-code.ts";
import { importFile, LoadError } from "./load.ts";
import type { Terminal } from "./terminal.ts";
import type { ChaosRequest } from "./usage.ts";

/** `chaos mutants`. */
export async function mutantsOfFile(
  { file, only, fromScratch, jobs }: Extract<ChaosRequest, { readonly command: "mutants" }>,
  terminal: Terminal,
): Promise<number> {
  const list = await loadMutants(path.resolve(terminal.cwd, file));
  const results = await runMutants(list, {
    only,
    fromScratch,
    jobs,
    signal: terminal.stop,
    onResult: ({ text }) => terminal.out(text),
  });
  const caught = results.filter(({ verdict }) => verdict === "caught").length;
  terminal.out(`${caught} of ${results.length} mutants caught`);
  return caught === results.length ? exitCodes.clean : exitCodes.failed;
}

/** @throws LoadError when the module exports no list. */
async function loadMutants(file: string): Promise<MutantList> {
  const lists = Object.values(await importFile(file)).filter(isList);
  const [list, ...more] = lists;
  if (list !== undefined && more.length === 0) return list;
  throw new LoadError(`${file}: expected one exported list of mutants, { root, mutants }, got ${lists.length}`);
}

function isList(value: unknown): value is MutantList {
  if (typeof value !== "object" || value === null) return false;
  const { root, mutants } = value as Partial<MutantList>;
  return typeof root === "string" && Array.isArray(mutants);
}

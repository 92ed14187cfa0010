import type { Stats } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import type { Scenario } from "../../scenario/scenario.ts";

/** A scenario that a module exports. */
export interface Loaded {
  readonly scenario: Scenario<any, any>;
  /** The absolute path of the module. */
  readonly file: string;
  /** The name that it is exported by, or the list that it is in. */
  readonly exported: string;
}

/** A file does not hold what it should; the message says what was found. */
export class LoadError extends Error {
  readonly code = "LOAD";
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "LoadError";
  }
}

/**
 * The scenarios of a target: `FILE`, `FOLDER`, or one of them with `#NAME` for those with this name, or exported by it. Their modules are
 * imported: TypeScript is run by Node as it is.
 *
 * @throws LoadError when there is none.
 */
export async function loadTarget(target: string, cwd: string): Promise<readonly Loaded[]> {
  const [place, name] = splitTarget(target);
  const files = await listModules(path.resolve(cwd, place));
  const loaded = (await Promise.all(files.map(loadModule))).flat();
  const wanted =
    name === null ? loaded : loaded.filter(({ scenario, exported }) => scenario.name === name || exported === name);
  if (wanted.length > 0) return wanted;
  const found = loaded.map(({ scenario }) => JSON.stringify(scenario.name)).join(", ") || "none";
  throw new LoadError(
    `${target}: expected ${name === null ? "an exported scenario" : `a scenario with the name ${JSON.stringify(name)}`}, got ${found}`,
  );
}

/** The scenario that this module exports by this name. */
export async function loadScenario(file: string, name: string): Promise<Loaded> {
  const loaded = await loadModule(file);
  const [first] = loaded.filter(({ scenario, exported }) => scenario.name === name || exported === name);
  if (first !== undefined) return first;
  const found = loaded.map(({ scenario }) => JSON.stringify(scenario.name)).join(", ") || "none";
  throw new LoadError(`${file}: expected an exported scenario with the name ${JSON.stringify(name)}, got ${found}`);
}

/** All scenarios that a module exports, by themselves or in lists, each once. */
async function loadModule(file: string): Promise<readonly Loaded[]> {
  const module = await importFile(file);
  const loaded = new Map<unknown, Loaded>();
  // By name, as Node lists them; other loaders do otherwise.
  for (const [exported, value] of Object.entries(module).toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    for (const found of Array.isArray(value) ? (value as readonly unknown[]) : [value]) {
      if (!isScenario(found) || loaded.has(found)) continue;
      // Other processes have to find it, and here it was found.
      const scenario = { ...found, module: found.module ?? pathToFileURL(file).href };
      loaded.set(found, { scenario, file, exported });
    }
  }
  return [...loaded.values()];
}

/** @throws LoadError when there is no such file, or a scenario in it makes no sense; what else the module throws goes through. */
export async function importFile(file: string): Promise<Readonly<Record<string, unknown>>> {
  if (!(await isFile(file))) throw new LoadError(`${file}: expected a module, got no such file`);
  try {
    return (await import(pathToFileURL(file).href)) as Readonly<Record<string, unknown>>;
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof RangeError) || !error.message.startsWith("scenario "))
      throw error;
    throw new LoadError(`${file}: ${error.message}`, { cause: error });
  }
}

async function isFile(file: string): Promise<boolean> {
  return (await statOf(file))?.isFile() === true;
}

async function statOf(file: string): Promise<Stats | null> {
  try {
    return await stat(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

/** The last `#` counts, so that a folder may have one in its name. */
function splitTarget(target: string): readonly [place: string, name: string | null] {
  const at = target.lastIndexOf("#");
  return at < 0 ? [target, null] : [target.slice(0, at), target.slice(at + 1)];
}

async function listModules(place: string): Promise<readonly string[]> {
  const found = await statOf(place);
  if (found === null) throw new LoadError(`${place}: expected a module or a folder of modules, got no such file`);
  if (!found.isDirectory()) return [place];
  const names = (await readdir(place)).filter(
    (name) => /\.(?:ts|mts|js|mjs)$/.test(name) && !/\.(?:test|spec|d)\.[mc]?[tj]s$/.test(name),
  );
  return names.toSorted().map((name) => path.join(place, name));
}

/** By what it has: it may come from another copy of this package. */
function isScenario(value: unknown): value is Scenario<any, any> {
  if (typeof value !== "object" || value === null) return false;
  const { name, nodes, boot, always, eventually } = value as Partial<Scenario<any, any>>;
  return (
    typeof name === "string" &&
    typeof boot === "function" &&
    [nodes, always, eventually].every((list) => Array.isArray(list))
  );
}

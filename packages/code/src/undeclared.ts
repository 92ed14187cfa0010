import type { Declaration } from "./declaration.ts";
import { refuse } from "./errors.ts";
import { isCompilerHelper, isViteImport } from "./syntax/residue.ts";
import type { Place } from "./syntax/tree.ts";

const machine = "belongs to one machine; pass what it tells as an argument, or call a remote.private that uses it";
const timers =
  "is bound to one process; wait with `yield* Process.sleep(…)`, and let a `Process` do what is to happen later";
const outside =
  "is not a name that a definition may use; name what you use of it: standard globals need no declaration";
const unhashed = "makes code that has no hash; define it with fn, and declare it";

/** Names of the platform that reach outside the program, or around what is declared: why not, and what to write instead. */
const platform: Readonly<Record<string, string>> = Object.fromEntries([
  ..."process require module exports __dirname __filename Buffer fetch WebSocket EventSource XMLHttpRequest crypto performance navigator document location localStorage sessionStorage indexedDB Deno Bun"
    .split(" ")
    .map((name) => [name, machine]),
  ..."setTimeout setInterval setImmediate clearTimeout clearInterval clearImmediate queueMicrotask requestAnimationFrame"
    .split(" ")
    .map((name) => [name, timers]),
  ..."globalThis global window self".split(" ").map((name) => [name, outside]),
  ..."eval Function".split(" ").map((name) => [name, unhashed]),
]);

/** What names that tools make up look like: `sum2`, `sum$1`, `a`. It is for a hint only. */
const made = /\d$|^.{1,2}$/;

const unrenamed =
  "Build without renaming (no minified identifiers, no two top-level names alike, this package and its builtins not bundled), or let Node be asked: `--allow-inspector` under its permission model";

export interface Undeclared {
  readonly kind: "remote" | "fn";
  /** What messages call the definition. */
  readonly name: string;
  /** The names that it does not declare, each with its first place. */
  readonly names: ReadonlyMap<string, Place>;
  readonly declaration: Declaration;
  /** The dependencies are given by a function. */
  readonly late: boolean;
}

/**
 * Refuses a definition for the first name that it uses and does not declare, with what to write instead.
 *
 * @param unused the declared names that its text does not use.
 */
export function refuseUndeclared(undeclared: Undeclared, unused: readonly string[]): never {
  const { name: definition, names, declaration } = undeclared;
  const all = [...names] as unknown as readonly [readonly [string, Place], ...(readonly [string, Place])[]];
  // A compiler's helper comes with names of its own making: the helper says what to do.
  const [name, place] = all.find(([one]) => isCompilerHelper(one)) ?? all[0];
  return refuse(definition, problem(undeclared, name, unused, declaration), place.line);
}

function problem(undeclared: Undeclared, name: string, unused: readonly string[], declaration: Declaration): string {
  const members = declaration.members(name);
  if (members !== undefined) {
    const [some = "member"] = members;
    return `\`${name}\` is a namespace, which is used by its members, such as \`${name}.${some}\`${members.length === 0 ? "" : `; it has ${members.join(", ")}`}`;
  }
  if (isCompilerHelper(name)) {
    return `\`${name}\` is what a compiler wrote for syntax that its target does not have; set the target to ES2022 or newer`;
  }
  const held = declaration.valueOf(name);
  if (held === undefined && Object.hasOwn(platform, name)) return `\`${name}\` ${platform[name]}`;
  if (declaration.scope === null && unused.length > 0) {
    return (
      `\`${name}\` is not declared, and what is declared as ${list(unused)} is not used: a build tool has renamed it, and this engine has no inspector that could tell. ` +
      unrenamed
    );
  }
  if (isViteImport(name)) {
    return `vitest wrote \`${name}\` for an import whose name it did not keep; import it by name, \`import { x } from …\`, and declare it`;
  }
  const names = [...undeclared.names.keys()].filter((one) => isDeclarable(one, declaration));
  const all = [...declaration.names, ...names].join(", ");
  const remedy = undeclared.late ? `${undeclared.kind}(() => ({ ${all} }), …)` : `${undeclared.kind}({ ${all} }, …)`;
  const otherwise =
    declaration.scope === null && made.test(name)
      ? `. If a build tool wrote this name: this engine has no inspector that could tell. ${unrenamed}`
      : "";
  return `\`${name}\`${aka(name, held)} is neither a local, a declared dependency, a builtin nor a standard global; declare it: ${remedy}${otherwise}`;
}

/** Whether declaring the name is the remedy. */
function isDeclarable(name: string, declaration: Declaration): boolean {
  if (declaration.members(name) !== undefined || isCompilerHelper(name) || isViteImport(name)) return false;
  return declaration.valueOf(name) !== undefined || !Object.hasOwn(platform, name);
}

/** What the author calls a function that a tool has renamed. */
function aka(name: string, held: unknown): string {
  if (typeof held !== "function" || held.name === "" || held.name === name) return "";
  return ` (the function ${held.name})`;
}

function list(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(", ");
}

/**
 * Looks into a function from outside: an optional port, because only an engine's inspector can. With one, a dependency that a tool has
 * renamed is recognised by its value, and stack traces know the first line of every definition.
 */
export interface Resolver {
  /**
   * What `names` stand for in the scope of `f`; names that are not found, or are not initialised yet, are missing. Null when the engine
   * cannot be asked.
   */
  variables(f: Function, names: readonly string[]): ReadonlyMap<string, unknown> | null;
  /** The line of its file on which `f` begins, from 1; null when it cannot be told. */
  line(f: Function): number | null;
  /** The URL of the script that `f` is in, `node:fs` for instance; null when it cannot be told. It takes long, so it is for messages. */
  script(f: Function): string | null;
}

let current: Resolver | null = null;

/** Installs the program's resolver; `@espalier/code/node` has one. */
export function useResolver(resolver: Resolver | null): void {
  current = resolver;
}

export function resolver(): Resolver | null {
  return current;
}

import type { WorldKind } from "../../scenario/place.ts";

/** A mistake that is made on purpose in the source of a program, which a scenario must notice. Data: nothing on disk is changed. */
export interface Mutant {
  readonly id: string;
  readonly title: string;
  /** The source file that it is in, relative to the root of the list. */
  readonly file: string;
  /** The text that it replaces, exactly, as it stands in the file. */
  readonly find: string;
  /** Which occurrence, from 0. Default: the only one; another one is an error. */
  readonly index?: number;
  readonly replace: string;
  /** The scenario that must fail: its module, relative to the root of the list, and its name or what exports it. */
  readonly scenario: readonly [module: string, name: string];
  /** A seed under which it is known to fail, with the plain cryptography where the world is simulated. */
  readonly seed?: number;
  /** How many seeds from 1 on are tried without one. Default: 1,000. */
  readonly seedsMax?: number;
  /** Default: `sim`. */
  readonly world?: WorldKind;
}

/** Mutants of one program, as a module exports them. */
export interface MutantList {
  /** What files and modules are relative to, as a URL: `new URL("../..", import.meta.url).href`. */
  readonly root: string;
  readonly mutants: readonly Mutant[];
}

/** A mutant that cannot be run; the message names it. */
export class MutantError extends Error {
  readonly code = "MUTANT";
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "MutantError";
  }
}

/** What the environment says of the mutant. */
export interface Mutation {
  /** The file, as a URL. */
  readonly url: string;
  readonly mutant: Mutant;
}

/** The variable of the environment that holds it, as JSON. */
export const mutationVariable = "ESPALIER_MUTATION";

/**
 * The source with the mistake in it.
 *
 * @throws MutantError when the text to replace is not there, or in several places.
 */
export function mutate(source: string, { id, file, find, index, replace }: Mutant): string {
  const parts = find === "" ? [source] : source.split(find);
  const found = parts.length - 1;
  const at = index ?? 0;
  if (index === undefined ? found !== 1 : at >= found) {
    const expected = index === undefined ? "exactly once" : `${index + 1} times or more`;
    throw new MutantError(
      `mutant ${id} does not apply any more: expected the text ${expected} in ${file}, got it ${found} times: ${JSON.stringify(find)}`,
    );
  }
  return parts.slice(0, at + 1).join(find) + replace + parts.slice(at + 1).join(find);
}

/** @throws MutantError naming what is wrong. */
export function checkMutants({ mutants }: MutantList): void {
  const ids = new Set<string>();
  for (const { id, find, replace } of mutants) {
    if (ids.has(id)) throw new MutantError(`mutant ${id}: expected an id that is not taken`);
    if (find === replace)
      throw new MutantError(`mutant ${id}: expected another text in place of ${JSON.stringify(find)}`);
    ids.add(id);
  }
}

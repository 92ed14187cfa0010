/** A scenario of this directory. */
export function caughtBy(file: string, name: string): readonly [module: string, name: string] {
  return [`tests/mutants/scenarios/${file}.ts`, name];
}

/** The same number for all: what is caught at all is caught early. */
export const seedsMax = 200;

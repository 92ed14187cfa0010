/** A scenario of the simulations. */
export function provenBy(file: string, name: string): readonly [module: string, name: string] {
  return [`tests/simulation/scenarios/${file}.ts`, name];
}

/** A scenario of this directory, for what those of the simulations do not notice. */
export function caughtBy(file: string, name: string): readonly [module: string, name: string] {
  return [`tests/mutants/scenarios/${file}.ts`, name];
}

/** The same number for all: what is caught at all is caught early. */
export const seedsMax = 200;

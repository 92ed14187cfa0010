import type { Mutant } from "@espalier/testkit/command";
import { seedsMax } from "./scenarios.ts";

const table = "packages/directory/src/entity-table.ts";

function entities(title: string): readonly [module: string, name: string] {
  return ["tests/conformance/rules/entities.ts", title];
}

/** Processes that are there when they are sent something. */
export const entityMutants: readonly Mutant[] = [
  {
    id: "DE1",
    title: "an entity begins before the one before it has ended",
    file: table,
    find: `const former = [...slot.all].map(({ cell }) => cell.pid);`,
    replace: `const former: Pid[] = [];`,
    scenario: entities("R-1409, R-1422 what comes while an entity ends is for the next one, in order, each once"),
    seed: 1,
    seedsMax,
  },
  {
    id: "DE2",
    title: "an entity that ends still has the address",
    file: table,
    find: `    this.table.left(this);
    this.limit(`,
    replace: `    this.limit(`,
    scenario: entities("R-1409, R-1422 what comes while an entity ends is for the next one, in order, each once"),
    seed: 1,
    seedsMax,
  },
];

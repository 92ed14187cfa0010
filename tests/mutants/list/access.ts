import type { Mutant } from "@espalier/testkit/command";
import { provenBy, seedsMax } from "./scenarios.ts";

/** Whose computations run here, and until when. */
export const accessMutants: readonly Mutant[] = [
  {
    id: "AC1",
    title: "what a node that is revoked computes goes on until its lease ends",
    file: "packages/runtime/src/distribution/distribution.ts",
    find: `    const dropped = this.#moves.revoked(node);`,
    replace: `    const dropped = 0;`,
    scenario: provenBy("access", "underEverything"),
    seed: 3,
    seedsMax,
  },
  {
    id: "AC2",
    title: "whoever is heard may compute here",
    file: "packages/runtime/src/distribution/arrivals.ts",
    find: `    return access.outsider(from, home);`,
    replace: `    return null;`,
    scenario: provenBy("access", "underEverything"),
    seed: 4,
    seedsMax,
  },
  {
    id: "AC3",
    title: "what computations of a revoked node have started goes on",
    file: "packages/runtime/src/distribution/distribution.ts",
    find: `    for (const cell of started) kernel.exits.kill(cell);`,
    replace: ``,
    scenario: provenBy("access", "underEverything"),
    seed: 1,
    seedsMax,
  },
];

import type { Mutant } from "@espalier/testkit/command";
import { seedsMax } from "./scenarios.ts";

/** Ends that somebody waits for. */
export const stoppingMutants: readonly Mutant[] = [
  {
    id: "ST1",
    title: "who does not end in time is left alive",
    file: "packages/runtime/src/exits/stop-process.ts",
    find: `if (type === "timeout") yield* ended(`,
    replace: `if (type === "killed") yield* ended(`,
    scenario: [
      "tests/conformance/rules/stopping.ts",
      "R-1463, R-608 a limit fails with timeout, or kills, and then the end is awaited",
    ],
    seed: 1,
    seedsMax,
  },
];

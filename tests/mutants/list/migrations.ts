import type { Mutant } from "@espalier/testkit/command";
import { provenBy, seedsMax } from "./scenarios.ts";

const src = "packages/runtime/src";

/** Processes that others move, while they wait or between two operations. */
export const migrationMutants: readonly Mutant[] = [
  {
    id: "M1",
    title: "timers that were set at home stay there, and go along",
    file: `${src}/moving/moving.ts`,
    find: `captureTimers(kernel, cell, check) : [],`,
    replace: `captureTimers(kernel, cell, check) : captureTimers(kernel, cell, check),`,
    scenario: provenBy("migrating", "undisturbed"),
    seed: 1,
    seedsMax,
  },
  {
    id: "M2",
    title: "what an operation gave is forgotten on the way",
    file: `${src}/moving/travelling-wait.ts`,
    find: `return { type: "value", value: input };`,
    replace: `return { type: "value", value: undefined };`,
    scenario: provenBy("migrating", "underShortFaults"),
    seed: 10,
    seedsMax,
  },
  {
    id: "M3",
    title: "who wants a process to move is forgotten when it does",
    file: `${src}/moving/moving.ts`,
    find: `requests: kernel.migrations.requestsOf(cell),`,
    replace: `requests: [],`,
    scenario: provenBy("migrating", "undisturbed"),
    seed: 1,
    seedsMax,
  },
];

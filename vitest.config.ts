import { readdirSync } from "node:fs";
import path from "node:path";
import { defineConfig } from "vitest/config";

// Packages are projects by their manifest's name. The private tests are one project a kind, so that each runs in its own
// time and way (`npm run unit -- --project tidy`).
//
// Test files share their workers' modules where nothing stands against it: to load everything again for each file took half of the time.

/** What a program has once, such as its definitions, each of their test files needs anew. */
const isolated = ["code", "espalier"];

const packages = readdirSync(path.join(import.meta.dirname, "packages")).map((folder) => ({
  test: {
    name: folder === "espalier" ? folder : `@espalier/${folder}`,
    root: `packages/${folder}`,
    isolate: isolated.includes(folder),
  },
}));

export default defineConfig({
  test: {
    projects: [
      ...packages,
      { test: { name: "examples", root: "examples", include: ["**/*.test.ts"], isolate: false } },
      // By itself on both cores of a small machine: by default vitest leaves one to itself, which computes nothing meanwhile.
      {
        test: {
          name: "simulation",
          root: "tests",
          include: ["simulation/**/*.sim.ts"],
          isolate: false,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      { test: { name: "tidy", root: "tests", include: ["tidy/**/*.test.ts"], testTimeout: 30_000 } },
      { test: { name: "documentation", root: "tests", include: ["documentation/**/*.test.ts"], testTimeout: 60_000 } },
      { test: { name: "programs", root: "tests", include: ["programs/**/*.test.ts"], testTimeout: 60_000 } },
      {
        test: {
          name: "conformance",
          root: "tests",
          include: ["conformance/**/*.test.ts"],
          isolate: false,
          maxConcurrency: 3,
          testTimeout: 60_000,
        },
      },
      // Runs in OS processes, which take the whole machine: one at a time.
      {
        test: {
          name: "processes",
          root: "tests",
          include: ["processes/**/*.test.ts"],
          testTimeout: 60_000,
          fileParallelism: false,
        },
      },
      // Two of them at a time where time is not looked at: they wait more than they compute.
      {
        test: {
          name: "parity",
          root: "tests",
          include: ["parity/**/*.test.ts"],
          testTimeout: 120_000,
          maxConcurrency: 2,
        },
      },
      // One program through two dozen build tools, each result in an OS process of its own.
      { test: { name: "tools", root: "tests", include: ["tools/*.test.ts"], hookTimeout: 240_000 } },
      // Each mistake in a process of its own, all of them run by one hook.
      { test: { name: "mutants", root: "tests", include: ["mutants/**/*.test.ts"], hookTimeout: 240_000 } },
      // Pages of a real browser, which is started once.
      {
        test: {
          name: "browser",
          root: "tests",
          include: ["browser/*.test.ts"],
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      // Real clocks, OS processes and signals: one file at a time, with patience.
      {
        test: {
          name: "e2e",
          root: "tests",
          include: ["e2e/**/*.test.ts"],
          testTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
});

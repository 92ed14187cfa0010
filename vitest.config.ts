import { defineConfig } from "vitest/config";

// Packages are projects by their manifest's name. The private tests are one project a kind, so that each runs in its own
// time and way (`npm run unit -- --project tidy`).
export default defineConfig({
  test: {
    projects: [
      "packages/*",
      { test: { name: "examples", root: "examples", include: ["**/*.test.ts"] } },
      // By itself on both cores of a small machine: by default vitest leaves one to itself, which computes nothing meanwhile.
      {
        test: {
          name: "simulation",
          root: "tests",
          include: ["simulation/**/*.sim.ts"],
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      { test: { name: "tidy", root: "tests", include: ["tidy/**/*.test.ts"], testTimeout: 30_000 } },
      { test: { name: "documentation", root: "tests", include: ["documentation/**/*.test.ts"], testTimeout: 60_000 } },
      { test: { name: "programs", root: "tests", include: ["programs/**/*.test.ts"], testTimeout: 60_000 } },
      { test: { name: "conformance", root: "tests", include: ["conformance/**/*.test.ts"], testTimeout: 60_000 } },
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

import type { Mutant, MutantList } from "@espalier/testkit/command";

const leases = "tests/simulation/scenarios/leases.ts";
const src = "packages/heartbeat/src";

const mutants: readonly Mutant[] = [
  {
    id: "H9",
    title: "a guest acts whether it has a lease or not",
    file: `${src}/transfer-tenancy.ts`,
    find: "if (this.lease.holds(term, this.#context.at)) return true;",
    replace: "if (term > 0) return true;",
    scenario: [leases, "standingHolder"],
    seedsMax: 60,
  },
  {
    id: "B6",
    title: "a lease counts from when its beat was answered",
    file: `${src}/lease.ts`,
    find: "this.#from = sent;\n    this.#held = true;",
    replace:
      "this.#from = { now: Math.max(sent.now, this.#from?.now ?? 0) + this.#leaseMs / 2, wall: sent.wall + this.#leaseMs / 2 };\n    this.#held = true;",
    scenario: [leases, "skewedClocks"],
    seedsMax: 60,
  },
  {
    id: "B6-start",
    title: "what arrives starts without a lease",
    file: `${src}/transfer-target.ts`,
    find: "    if (!lease.holds(term, this.#context.at)) return;\n",
    replace: "",
    scenario: ["tests/simulation/scenarios/travelling.ts", "undisturbed"],
    seedsMax: 60,
  },
  {
    id: "B7",
    title: "no drift margin between judge and holder",
    file: `${src}/lease.ts`,
    find: "verdictMs: leaseMs * (1 + driftMax) + delayMs };",
    replace: "verdictMs: leaseMs + delayMs };",
    scenario: [leases, "skewedClocks"],
    seedsMax: 60,
  },
  {
    id: "B7-half",
    title: "half the drift margin",
    file: `${src}/lease.ts`,
    find: "verdictMs: leaseMs * (1 + driftMax) + delayMs };",
    replace: "verdictMs: leaseMs * (1 + driftMax / 2) + delayMs };",
    scenario: [leases, "skewedClocks"],
    seedsMax: 60,
  },
  {
    id: "H12",
    title: "a lease runs by the monotonic clock alone, and a machine that slept acts on",
    file: `${src}/lease.ts`,
    find: " || at.wall - from.wall >= this.#leaseMs;",
    replace: ";",
    scenario: [leases, "sleepingHolder"],
    seedsMax: 60,
  },
  {
    id: "B8-wall",
    title: "a lease runs by the wall clock alone",
    file: `${src}/lease.ts`,
    find: "from === null || at.now - from.now >= this.#leaseMs || at.wall",
    replace: "from === null || at.wall",
    scenario: [leases, "skewedClocks"],
    seedsMax: 60,
  },
  {
    id: "B9",
    title: "the home's timer judges before the input is read",
    file: "packages/runtime/src/distribution/moves.ts",
    find: "      loop.afterInput(() => {\n        this.#ticking = false;",
    replace: "      void loop;\n      queueMicrotask(() => {\n        this.#ticking = false;",
    scenario: [leases, "busyJudge"],
    seedsMax: 60,
  },
  {
    id: "H18-dead",
    title: "what a dead life of the home had started goes on",
    file: `${src}/transfer-tenancy.ts`,
    find: "    this.#byHome.get(place)?.clear();",
    replace: "",
    scenario: [leases, "homeCrashes"],
    seedsMax: 60,
  },
];

export const list: MutantList = { root: new URL("../..", import.meta.url).href, mutants };

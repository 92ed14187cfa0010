import type { Mutant, MutantList } from "@espalier/testkit/command";

/**
 * Mistakes that the scenarios of the simulations notice, each with the seed at which they first do. The numbers are those of the seeded bugs
 * in the testkit's design, or of the property or the hole that a mistake opens.
 */
const mutants: readonly Mutant[] = [
  {
    id: "B1",
    title: "a home gives up whoever is away for long, by age",
    file: "packages/heartbeat/src/transfer-home.ts",
    find: 'if (at === "expected" && isSteady && runningMs - sinceMs > verdictMs) this.#lose(process, away, to as Place);',
    replace:
      'if (at !== "here" && isSteady && runningMs - sinceMs > 2 * verdictMs) this.#lose(process, away, to ?? away.control.host);',
    scenario: ["tests/simulation/scenarios/travelling.ts", "undisturbed"],
    seed: 1,
  },
  {
    id: "B2",
    title: "whoever supervises a heartbeat of another node does not register there",
    file: "packages/heartbeat/src/heartbeats.ts",
    find: '    this.#actions.push({ type: "watch", heartbeat });\n    return foreign;',
    replace: "    return foreign;",
    scenario: ["tests/simulation/scenarios/heartbeats.ts", "underShortFaults"],
    seed: 1,
  },
  {
    id: "B6",
    title: "a lease lasts longer than from its beat on",
    file: "packages/heartbeat/src/lease.ts",
    find: "this.#from = sent;\n    this.#held = true;",
    replace:
      "this.#from = { now: Math.max(sent.now, this.#from?.now ?? 0) + this.#leaseMs / 2, wall: sent.wall + this.#leaseMs / 2 };\n    this.#held = true;",
    scenario: ["tests/simulation/scenarios/fencing.ts", "clerkUnderEverything"],
    seed: 16,
  },
  {
    id: "B8",
    title: "heartbeats expire by the wall clock",
    file: "packages/runtime/src/lifetimes.ts",
    find: "    return this.#kernel.host.clock.monotonic();\n",
    replace: "    return this.#kernel.host.clock.wall();\n",
    scenario: ["tests/simulation/scenarios/heartbeats.ts", "withoutCrashes"],
    seed: 1,
  },
  {
    id: "B12",
    title: "whoever was given up is not told so",
    file: "packages/runtime/src/distribution/heartbeat-exchange.ts",
    find: "    if (registered >= standing.length) return;",
    replace: "    if (registered >= 0) return;",
    scenario: ["tests/simulation/scenarios/heartbeats.ts", "withoutCrashes"],
    seed: 6,
  },
  {
    id: "B14",
    title: "a link that crosses an unlink stands on one side",
    file: "packages/runtime/src/distribution/signals.ts",
    find: '        if (!this.#unlinking.has(key)) this.#arrive(from, to, { type: "link", from });',
    replace: '        this.#arrive(from, to, { type: "link", from });',
    scenario: ["tests/simulation/scenarios/links.ts", "crossing"],
    seed: 70,
  },
  {
    id: "B17",
    title: "one restart too many",
    file: "packages/supervisor/src/intensity.ts",
    find: "allowed: count <= intensity.restarts,",
    replace: "allowed: count <= intensity.restarts + 1,",
    scenario: ["tests/simulation/scenarios/trees.ts", "trees"],
    seed: 1,
  },
  {
    id: "P13",
    title: "the home performs what was done in an epoch that is over",
    file: "packages/heartbeat/src/transfer-home.ts",
    find: '    if (reply === "deny") this.#context.send(from, { type: "transfer.denied", process, epoch });\n    if (reply !== "accept") return;',
    replace: '    if (reply === "deny") this.#context.send(from, { type: "transfer.denied", process, epoch });',
    scenario: ["tests/simulation/scenarios/travelling.ts", "travelling"],
    seed: 7,
  },
  {
    id: "B20",
    title: "links and monitors do not hear that a connection is lost",
    file: "packages/runtime/src/distribution/peers.ts",
    find: '    this.#kernel.disconnected((pid) => pid.address.id === peer, { type: "noconnection", node: peer });',
    replace: "",
    scenario: ["tests/simulation/scenarios/links.ts", "withoutCrashes"],
    seed: 4,
  },
  {
    id: "P17",
    title: "a signal that was overtaken is skipped",
    file: "packages/heartbeat/src/transfer-stream.ts",
    find: "    if (number !== this.#last + 1) return false;",
    replace: "    if (number <= this.#last) return false;",
    scenario: ["tests/simulation/scenarios/travelling.ts", "travelling"],
    seed: 13,
  },
  {
    id: "B5",
    title: "what was repeated is performed twice",
    file: "packages/heartbeat/src/transfer-stream.ts",
    find: "    if (number !== this.#last + 1) return false;",
    replace: "    if (number > this.#last + 1) return false;",
    scenario: ["tests/simulation/scenarios/travelling.ts", "travelling"],
    seed: 1,
  },
  {
    id: "H13",
    title: "a reset shortens",
    file: "packages/heartbeat/src/heartbeats.ts",
    find: '    if (deadlineMs <= leaf.deadlineMs) return "accepted";\n',
    replace: "",
    scenario: ["tests/simulation/scenarios/heartbeats.ts", "underShortFaults"],
    seed: 1,
  },
  {
    id: "H13-end",
    title: "a reset after the end is accepted",
    file: "packages/heartbeat/src/heartbeats.ts",
    find: 'if (leaf === undefined || leaf.hasEnded) return "refused";',
    replace: 'if (leaf === undefined) return "refused";\n    if (leaf.hasEnded) return "accepted";',
    scenario: ["tests/simulation/scenarios/heartbeats.ts", "underShortFaults"],
    seed: 1,
  },
];

export const list: MutantList = { root: new URL("../..", import.meta.url).href, mutants };

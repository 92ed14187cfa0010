import type { Mutant } from "@espalier/testkit/command";

const src = "packages/supervisor/src";

function caughtBy(section: string, title: string): Pick<Mutant, "scenario" | "seed"> {
  return { scenario: [`tests/conformance/rules/${section}.ts`, title], seed: 1 };
}

/** Supervisors against OTP's rules, and Elixir's. */
export const supervisionMutants: readonly Mutant[] = [
  {
    id: "R-930",
    title: "the window of restarts does not include its first second",
    file: `${src}/intensity.ts`,
    find: `attempts.second < second - intensity.withinSeconds`,
    replace: `attempts.second <= second - intensity.withinSeconds`,
    ...caughtBy("supervisors", "R-930 the window is in whole seconds, and includes its first"),
  },
  {
    id: "R-947",
    title: "the restart of a group leaves those without a process as they are",
    file: `${src}/strategy.ts`,
    find: `if (restart !== "temporary") start.push(id);`,
    replace: `if (restart !== "temporary" && (running || id === failed)) start.push(id);`,
    ...caughtBy(
      "supervised-groups",
      "R-947 the restart of a group starts whoever has no process: terminated, ended cleanly, declined",
    ),
  },
  {
    id: "R-950-next-life",
    title: "a home waits for a host that it does not hear of, and looks for nobody",
    file: "packages/runtime/src/distribution/moves.ts",
    find: `if (isSilent && kernel.access.hears(peer)) this.#peers.connect(peer);`,
    replace: ``,
    ...caughtBy(
      "remote-children",
      "R-950 a child of a node that crashed is started again in that node's next life, once",
    ),
  },
  {
    id: "R-905",
    title: "the EXIT of a stranger restarts a child",
    file: `${src}/decide.ts`,
    find: `if (child === undefined) return;
    const { id, restart }`,
    replace: `if (child === undefined) return this.#attemptRestart(this.#children[0]!.spec.id, () => {});
    const { id, restart }`,
    ...caughtBy("supervisors", "R-905 a supervisor survives messages and EXITs that it does not know"),
  },
  {
    id: "R-990",
    title: "a significant child that is terminated by hand ends its supervisor",
    file: `${src}/decide.ts`,
    find: `if (purpose.type === "terminate-child") this.#reply({ type: "ok" });`,
    replace: `if (purpose.type === "terminate-child") this.#reply({ type: "ok" });
        if (child.spec.significant) return this.#considerAutoShutdown(child.spec);`,
    ...caughtBy("supervisor-management", "R-990 only a significant child that ends by itself counts"),
  },
  {
    id: "R-1006",
    title: "the children of a dynamic supervisor share the longest time",
    file: `${src}/stop-children.ts`,
    find: `earliestMs = Math.min(earliestMs, deadlineMs);`,
    replace: `if (deadlineMs < Infinity && (earliestMs === Infinity || deadlineMs > earliestMs)) earliestMs = deadlineMs;`,
    ...caughtBy("dynamic-supervisors", "R-965, R-1006 all children are told at once, and each has its own time"),
  },
  {
    id: "R-1012",
    title: "keys still belong to partitions that are stopped",
    file: `${src}/supervise-partitions.ts`,
    find: `if (count < before) this.count = count;`,
    replace: `void before;`,
    ...caughtBy("partitions", "R-1012 the number changes between none and what it was at first"),
  },
];

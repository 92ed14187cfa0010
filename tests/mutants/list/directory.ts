import type { Mutant } from "@espalier/testkit/command";
import { seedsMax } from "./scenarios.ts";

const src = "packages/directory/src";

function groups(title: string): readonly [module: string, name: string] {
  return ["tests/conformance/rules/groups.ts", title];
}

function globals(title: string): readonly [module: string, name: string] {
  return ["tests/conformance/rules/globals.ts", title];
}

/** Groups, names of the cluster, locks. */
export const directoryMutants: readonly Mutant[] = [
  {
    id: "DG1",
    title: "a process that ends leaves each group once, however often it had joined",
    file: `${src}/group-scope.ts`,
    find: `Array.from({ length: local.countOf(group, pid) }, () => pid)`,
    replace: `[pid]`,
    scenario: groups("R-1104 a process that ends leaves every group everywhere, as often as it had joined"),
    seed: 1,
    seedsMax,
  },
  {
    id: "DG2",
    title: "what a peer says of its node is added to what it said before",
    file: `${src}/group-scope.ts`,
    find: `for (const [group, pids] of after.lacking(before)) yield* this.#went(group, pids);`,
    replace: ``,
    scenario: groups("R-1108 what a peer says of its node replaces what it said before"),
    seed: 1,
    seedsMax,
  },
  {
    id: "DG3",
    title: "anybody speaks for the scope of another node",
    file: "packages/runtime/src/distribution/attribution.ts",
    find: `    if (message.from.equals(from)) return;`,
    replace: `    if (message.from !== null) return;`,
    scenario: groups("R-1108 nobody speaks for another node's scope"),
    seed: 1,
    seedsMax,
  },
  {
    id: "DG4",
    title: "who asks what is known is not asked in turn",
    file: `${src}/overlay.ts`,
    find: `    yield* this.#add(pid);
    yield* this.tell(pid, discover);`,
    replace: `    yield* this.#add(pid);`,
    scenario: groups("R-1110 a scope that starts again knows the members of others, and its own when they join again"),
    seed: 1,
    seedsMax,
  },
  {
    id: "DL1",
    title: "the locks of a process that ends stay set",
    file: `${src}/global-held.ts`,
    find: `if (held.ref.equals(ref)) yield*`,
    replace: `if (held.ref.equals(ref) && held.at.size === 0) yield*`,
    scenario: globals("R-1323 a lock is set once whoever held it lets go or ends"),
    seed: 1,
    seedsMax,
  },
  {
    id: "DN1",
    title: "who loses a name to another node keeps it",
    file: `${src}/global-node.ts`,
    find: `const losers = peer === undefined || kept?.equals(other) === true ? [] : [peer.pid];`,
    replace: `const losers: never[] = [];`,
    scenario: globals("R-1321 two processes of one name are resolved by notifyAll when their nodes meet"),
    seed: 1,
    seedsMax,
  },
  {
    id: "DN2",
    title: "both nodes resolve the conflict",
    file: `${src}/global-node.ts`,
    find: ` || this.self.address.id > peer.pid.address.id) return;`,
    replace: `) return;`,
    scenario: globals("R-1321 two processes of one name are resolved by keepsFirst when their nodes meet"),
    seed: 1,
    seedsMax,
  },
  {
    id: "DG5",
    title: "a sync waits for nobody",
    file: `${src}/global-sync.ts`,
    find: `    if (waiting.left.size === 0) return yield* done();`,
    replace: `    return yield* done();`,
    scenario: globals("R-1320 after a sync the names of all that it is connected with are known"),
    seed: 1,
    seedsMax,
  },
];

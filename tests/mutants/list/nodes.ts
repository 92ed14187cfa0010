import type { Mutant } from "@espalier/testkit/command";
import { provenBy, seedsMax } from "./scenarios.ts";

const rules = "tests/conformance/rules/nodes.ts";

/** Connections between nodes, and who is told of them. */
export const nodeMutants: readonly Mutant[] = [
  {
    id: "W1",
    title: "who is told that a node is down finds it in the list",
    file: "packages/runtime/src/distribution/peers.ts",
    find: `    this.#up.delete(peer);
    this.#owner.lost(place);`,
    replace: `    this.#kernel.host.loop.soon(() => this.#up.delete(peer));
    this.#owner.lost(place);`,
    scenario: provenBy("node-monitors", "underEverything"),
    seed: 1,
    seedsMax,
  },
  {
    id: "W2",
    title: "the end of a connection that another one replaces is told after its successor",
    file: "packages/wire/src/connection/connection.ts",
    find: `      old.end(reason, "connection_closed");`,
    replace: `      this.#owner.host.loop.soon(() => old.end(reason, "connection_closed"));`,
    scenario: provenBy("node-monitors", "underEverything"),
    seed: 5,
    seedsMax,
  },
  {
    id: "W3",
    title: "silence is noticed after twice the time",
    file: "packages/wire/src/connection/ticks.ts",
    find: `      if (ticked.silent === quarters) `,
    replace: `      if (ticked.silent === 2 * quarters) `,
    scenario: [
      rules,
      "R-1301 a connection over which nothing comes any more is closed after between three and five quarters of the tick time",
    ],
    seed: 1,
    seedsMax,
  },
  {
    id: "W4",
    title: "who has nothing to say sends no tick",
    file: "packages/wire/src/session/session.ts",
    find: `    if (!this.#hasSent && this.#isUp) this.#traffic.tick();`,
    replace: ``,
    scenario: [rules, "R-1301 a connection over which nobody has anything to say stays"],
    seed: 1,
    seedsMax,
  },
  {
    id: "W5",
    title: "one call takes back one subscription only",
    file: "packages/runtime/src/cluster/node-monitors.ts",
    find: `      disown(cell, subscription);
      found = true;`,
    replace: `      disown(cell, subscription);
      return true;`,
    scenario: [
      rules,
      "R-1305 who subscribes n times gets n messages, and one call takes back all with the same options",
    ],
    seed: 1,
    seedsMax,
  },
  {
    id: "W6",
    title: "who monitors a node that cannot be reached is told nothing",
    file: "packages/runtime/src/distribution/peers.ts",
    find: `    this.#kernel.nodeMonitors.down(this.#book.find(id), null, "connection_setup_failed");`,
    replace: ``,
    scenario: [rules, "R-1306 a node that cannot be reached is down"],
    seed: 1,
    seedsMax,
  },
];

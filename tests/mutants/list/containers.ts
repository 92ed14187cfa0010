import type { Mutant } from "@espalier/testkit/command";
import { caughtBy, seedsMax } from "./scenarios.ts";

/** Many nodes behind one port. */
export const containerMutants: readonly Mutant[] = [
  {
    id: "CT1",
    title: "a pipe goes to the node that has lived in the container longest, whomever it names",
    file: "packages/container/src/container.ts",
    find: `const residence = this.#residences.get(target);
        residence?.knock(visitor);`,
    replace: `const residence = [...this.#residences.values()][0];
        residence?.knock(visitor);`,
    scenario: caughtBy("containers", "atRest"),
    seed: 1,
    seedsMax,
  },
  {
    id: "CT2",
    title: "frames between two nodes of a container overtake each other",
    file: "packages/container/src/memory-pipe.ts",
    find: `this.#queue.push(frame.slice());`,
    replace: `this.#queue.unshift(frame.slice());`,
    scenario: caughtBy("containers", "atRest"),
    seed: 1,
    seedsMax,
  },
];

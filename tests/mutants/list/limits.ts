import type { Mutant } from "@espalier/testkit/command";
import { provenBy, seedsMax } from "./scenarios.ts";

const scenario = provenBy("limits", "visits");

/** What a peer may make a node keep: counted out as it was counted in. */
export const limitMutants: readonly Mutant[] = [
  {
    id: "LI1",
    title: "a monitor that was taken back, or has fired, still counts",
    file: "packages/runtime/src/distribution/signals.ts",
    find: `if (references !== undefined && references.size > 0) references.delete(key);`,
    replace: ``,
    scenario,
    seed: 1,
    seedsMax,
  },
  {
    id: "LI2",
    title: "a guest that has gone still counts",
    file: "packages/heartbeat/src/transfer-target.ts",
    find: `if (isHere(before) !== isHere(after)) this.#here.add(guest.home, isHere(after) ? 1 : -1);`,
    replace: `if (!isHere(before) && isHere(after)) this.#here.add(guest.home);`,
    scenario,
    seed: 1,
    seedsMax,
  },
  {
    id: "LI3",
    title: "a request that was answered still counts",
    file: "packages/runtime/src/distribution/node-service.ts",
    find: `      this.#performing.delete(key);
      this.#pending.remove(asker);
      const value`,
    replace: `      this.#performing.delete(key);
      const value`,
    scenario,
    seed: 1,
    seedsMax,
  },
];

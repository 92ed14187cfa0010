import type { Mutant } from "@espalier/testkit/command";
import { provenBy, seedsMax } from "./scenarios.ts";

/** What waits for a link, and who waits with it. */
export const flowMutants: readonly Mutant[] = [
  {
    id: "Q1",
    title: "what is timed waits behind what is large",
    file: "packages/wire/src/session/traffic.ts",
    find: `    if (outbox.isBackedUp && mayOvertake(message)) {`,
    replace: `    if (outbox.bytes < 0 && mayOvertake(message)) {`,
    scenario: provenBy("blobs", "besideALease"),
    seed: 1,
    seedsMax,
  },
  {
    id: "Q2",
    title: "a pipe is given everything at once",
    file: "packages/wire/src/session/traffic.ts",
    find: `    return this.#owner.pipeBytes < this.#windowBytes;`,
    replace: `    return this.#owner.pipeBytes < Infinity;`,
    scenario: provenBy("blobs", "besideALease"),
    seed: 1,
    seedsMax,
  },
  {
    id: "Q3",
    title: "who sends to a name on a node that does not keep up goes on",
    file: "packages/runtime/src/addresses/send.ts",
    find: `  return holdSender(kernel, cell, named ?? to);`,
    replace: `  return undefined;`,
    scenario: provenBy("blobs", "besideALease"),
    seed: 1,
    seedsMax,
  },
];

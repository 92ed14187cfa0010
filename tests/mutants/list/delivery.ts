import type { Mutant } from "@espalier/testkit/command";
import { seedsMax } from "./scenarios.ts";

const src = "packages/delivery/src";

function rules(title: string): readonly [module: string, name: string] {
  return ["tests/conformance/rules/delivery.ts", `R-1408 ${title}`];
}

/** Messages that are confirmed. */
export const deliveryMutants: readonly Mutant[] = [
  {
    id: "RD1",
    title: "what got lost is not sent again",
    file: `${src}/outgoing.ts`,
    find: `if (again) this.#sent = received;`,
    replace: ``,
    scenario: rules("the first message of a stream is sent again until it is acknowledged"),
    seed: 1,
    seedsMax,
  },
  {
    id: "RD2",
    title: "what was not confirmed is gone with its consumer",
    file: `${src}/producing.ts`,
    find: `[...outgoing.unconfirmed, ...this.#queue]`,
    replace: `[...this.#queue]`,
    scenario: rules("a consumer that ends is replaced, and what was not confirmed comes again in order"),
    seed: 1,
    seedsMax,
  },
  {
    id: "RD3",
    title: "a lost connection is taken for the end of the consumer",
    file: `${src}/producing.ts`,
    find: `if (cause.type === "noconnection" && !this.#options.isShared) return;`,
    replace: ``,
    scenario: rules("across lost connections every message is processed once and in order, as long as both live"),
    seed: 1,
    seedsMax,
  },
];

import type { Mutant } from "@espalier/testkit/command";
import { provenBy, seedsMax } from "./scenarios.ts";

/** Keys: of peers that were met before, and of sessions that grow old. */
export const handshakeMutants: readonly Mutant[] = [
  {
    id: "HS1",
    title: "a peer whose static key has been replaced is given up",
    file: "packages/wire/src/connection/connection.ts",
    find: `if (session === this.#dial && end.fallsBack) this.#open(true);`,
    replace: `if (session === this.#dial && end.fallsBack) this.#fail(end.reason, false);`,
    scenario: provenBy("handshakes", "partingAndMeeting"),
    seed: 1,
    seedsMax,
  },
  {
    id: "HS2",
    title: "the side that accepted goes on with the old key after a renewal",
    file: "packages/wire/src/session/renewals.ts",
    find: `    this.#owner.replaceSending(next.sending);
    this.#done(next);`,
    replace: `    this.#done(next);`,
    scenario: provenBy("handshakes", "partingAndMeeting"),
    seed: 1,
    seedsMax,
  },
];

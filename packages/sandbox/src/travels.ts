import { describe, travelsAsError, type FieldTravels } from "@espalier/heartbeat";
import { SandboxError } from "./errors.ts";

/** How errors of sandboxes cross machines, and into sandboxes. */
export const sandboxTravels: readonly FieldTravels[] = [
  travelsAsError(
    "error.sandbox",
    SandboxError,
    ({ limit }) => [limit],
    (limit) => {
      // A peer may know limits that are not known here.
      if (limit === null || (typeof limit === "string" && /^\w{1,64}$/.test(limit))) return { code: "SANDBOX", limit };
      throw new TypeError(`error.sandbox: expected the name of a limit, got ${describe(limit)}`);
    },
  ),
];

import { insistedPrefixes } from "../../messages/kinds.ts";
import type { Burst } from "../../messages/rule.ts";
import type { Direction } from "../controls.ts";
import type { FaultKind } from "../kind.ts";
import { nthMessages } from "../nth-messages.ts";

/** Messages that get lost at random. */
export interface Loss {
  readonly link: Direction;
  /** How likely each is, from 0 to 1; with `burst`, while the line is bad. */
  readonly rate: number;
  readonly burst?: Burst;
  /** Default: all that are said again until they are answered. */
  readonly kinds?: readonly string[];
  readonly lastsMs?: number | null;
}

export const loss: FaultKind<Loss> = {
  check: (fields) => {
    const burst = fields.has("burst") ? fields.fieldsOf("burst") : null;
    const chances = burst && { begin: burst.number("begin", 0, 1), end: burst.number("end", 0, 1) };
    burst?.nothingElse();
    return {
      link: fields.direction("link"),
      rate: fields.number("rate", 0, 1),
      ...(chances === null ? {} : { burst: chances }),
      ...(fields.has("kinds") ? { kinds: fields.messageKinds("kinds", "drop") } : {}),
      lastsMs: fields.lastsMs(),
    };
  },
  describe: ({ link, rate, burst, kinds }) =>
    `lose ${rate * 100} % of ${kinds?.join(", ") ?? "what is said again"} ${link.join(" > ")}${burst ? " in bursts" : ""}`,
  inert: nthMessages.inert.replace("so many messages of the kind", "messages of the kind"),
  begin: ({ link, rate, burst, kinds = insistedPrefixes }, controls) =>
    controls.messages(link, {
      kinds,
      action: { type: "drop" },
      choice: { rate, ...(burst === undefined ? {} : { burst }) },
    }),
};

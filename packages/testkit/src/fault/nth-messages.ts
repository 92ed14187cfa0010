import type { MessageAction } from "../messages/rule.ts";
import type { Applied, Controls, Direction } from "./controls.ts";
import type { Fields } from "./fields.ts";

/** What faults that strike counted messages say of themselves. */
export interface NthMessages {
  readonly link: Direction;
  /** A kind such as `lease.beat`, or a prefix such as `transfer.*`. */
  readonly kind: string;
  /** The n-th next one of the kind on the link. Default: 1. */
  readonly nth?: number;
  /** So many one after another. Default: 1. */
  readonly count?: number;
}

export const nthMessages = {
  check(fields: Fields, action: MessageAction["type"]): NthMessages {
    return {
      link: fields.direction("link"),
      kind: fields.messageKind("kind", action),
      nth: fields.count("nth", 1),
      count: fields.count("count", 1),
    };
  },
  describe({ link, kind, nth = 1, count = 1 }: NthMessages): string {
    return `${kind} number ${count === 1 ? nth : `${nth} to ${nth + count - 1}`}, ${link.join(" > ")}`;
  },
  inert:
    "so many messages of the kind were not sent, or its nodes do not let faults strike messages: does boot use startNode?",
  begin({ link, kind, nth = 1, count = 1 }: NthMessages, action: MessageAction, controls: Controls): Applied {
    return controls.messages(link, { kinds: [kind], action, choice: { nth, count } });
  },
} as const;

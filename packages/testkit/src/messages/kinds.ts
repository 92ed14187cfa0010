import type { Message } from "@espalier/runtime";

export type MessageKind = Message["type"];

/** How a kind of message is said. */
export interface Manner {
  /**
   * Said again until it is answered, at a fixed interval, or in answer to something that is: then a single one may be lost, repeated or
   * overtaken, and nothing must come of it. Others are said once, and rest on the promise of a link: in order, and without gaps until
   * it breaks.
   */
  readonly insisted: boolean;
  /** Where that comes from. */
  readonly reason: string;
}

const again = (reason: string): Manner => ({ insisted: true, reason });

const signal: Manner = { insisted: false, reason: "signals are said once, and in order (R-401, R-403)" };

const home: Manner = { insisted: false, reason: "homes are handed over in the order of a link, together with signals" };

/** Every kind of message between nodes, and whether a single one of it may go astray. */
export const manners: { readonly [Kind in MessageKind]: Manner } = {
  "signal.message": signal,
  "signal.alias": signal,
  "signal.exit": signal,
  "signal.link": signal,
  "signal.unlink": signal,
  "signal.unlinked": signal,
  "signal.monitor": signal,
  "signal.demonitor": signal,
  "signal.down": signal,
  "signal.reply": signal,
  "signal.migrate": signal,
  "code.need": again("said again until every definition has come, or cannot"),
  "code.supply": again("the answer to each code.need"),
  "code.have": again("nothing rests on it: what nobody said that he has is named again"),
  "heartbeat.watch": again("said again until it is answered by watched or tell (H17)"),
  "heartbeat.watched": again("the answer to each watch"),
  "heartbeat.unwatch": again("said again until it is answered by unwatched"),
  "heartbeat.unwatched": again("the answer to each unwatch"),
  "heartbeat.tell": again("said again until it is heard (H2, H17)"),
  "heartbeat.heard": again("the answer to each tell"),
  "heartbeat.fail": again("said again until it is answered by failed"),
  "heartbeat.failed": again("the answer to each fail"),
  "pulse.ask": again("said at each beat"),
  "pulse.answer": again("the answer to each ask; anything else that comes serves as well"),
  "transfer.offer": again("said again until it is accepted or refused"),
  "transfer.need": again("said again while the process arrives"),
  "transfer.code": again("the answer to each need"),
  "transfer.accepted": again("the answer to each offer, also to late ones"),
  "transfer.refused": again(
    "the answer to each offer that rides on a grant; without one the source gives up by itself",
  ),
  "transfer.claim": again("said again until it is granted or denied"),
  "transfer.grant": again("the answer to each claim"),
  "transfer.denied": again("the answer to whatever came of an epoch that is over; its lease ends without it too"),
  "transfer.bar": again("said again until it is barred or denied"),
  "transfer.barred": again("the answer to each bar"),
  "transfer.handed": again("said again until it is released"),
  "transfer.released": again("the answer to each handed"),
  "transfer.in": again("numbered, and said again until a beat acknowledges it"),
  "transfer.out": again("numbered, and said again until the home acknowledges it"),
  "lease.beat": again("said at each beat"),
  "lease.acknowledged": again("the answer to each beat"),
  "home.leaving": home,
  "home.held": home,
  "home.stays": home,
  "home.offer": home,
  "home.accepted": home,
  "home.refused": home,
  "home.granted": home,
  "home.adopted": home,
  "home.moved": home,
  "home.followed": home,
  "home.here": home,
  "home.know": home,
  "home.ask": home,
  "home.flush": home,
  "home.flushed": home,
  "home.broken": home,
  "home.ended": home,
};

/** Everything of which a single message may go astray, by prefix: what faults strike unless they are told otherwise. */
export const insistedPrefixes: readonly string[] = ["code.*", "heartbeat.*", "pulse.*", "transfer.*", "lease.*"];

/** Whether `pattern`, a kind or a prefix such as `transfer.*`, includes a kind. */
export function includes(pattern: string, kind: string): boolean {
  return pattern.endsWith("*") ? kind.startsWith(pattern.slice(0, -1)) : kind === pattern;
}

/** The kinds that a pattern includes. */
export function kindsOf(pattern: string): readonly MessageKind[] {
  return (Object.keys(manners) as MessageKind[]).filter((kind) => includes(pattern, kind));
}

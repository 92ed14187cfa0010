import type { Direction, Slowness } from "../controls.ts";
import type { FaultKind } from "../kind.ts";

/** A link that takes longer, one way: a floor, an exponential part, and rarely much more. What is late holds up what comes behind it. */
export interface Slow extends Slowness {
  readonly link: Direction;
  readonly lastsMs?: number | null;
}

export const slow: FaultKind<Slow> = {
  check: (fields) => {
    const tail = fields.has("tail") ? fields.fieldsOf("tail") : null;
    const slowness: Slowness = {
      ...(fields.has("latencyMs") ? { latencyMs: fields.number("latencyMs") } : {}),
      ...(fields.has("meanMs") ? { meanMs: fields.number("meanMs") } : {}),
      ...(tail === null ? {} : { tail: { chance: tail.number("chance", 0, 1), ms: tail.number("ms") } }),
    };
    tail?.nothingElse();
    if (Object.keys(slowness).length === 0) throw fields.error("latencyMs", "this, meanMs or tail");
    return { link: fields.direction("link"), ...slowness, lastsMs: fields.lastsMs() };
  },
  describe: ({ link, latencyMs = 0, meanMs = 0, tail }) => {
    const delays = [
      ...(latencyMs > 0 ? [`${latencyMs} ms`] : []),
      ...(meanMs > 0 ? [`${meanMs} ms on average`] : []),
      ...(tail === undefined ? [] : [`${tail.ms} ms in ${tail.chance * 100} % of cases`]),
    ];
    return `slow ${link.join(" > ")} by ${delays.join(" and ")}`;
  },
  inert: "nothing was sent meanwhile",
  begin: ({ link, latencyMs, meanMs, tail }, controls) =>
    controls.slow(link, {
      ...(latencyMs === undefined ? {} : { latencyMs }),
      ...(meanMs === undefined ? {} : { meanMs }),
      ...(tail === undefined ? {} : { tail }),
    }),
};

import type { Direction } from "../controls.ts";
import type { FaultKind } from "../kind.ts";

/** A line that carries little, one way: what does not fit waits at the sender. */
export interface Throttle {
  readonly link: Direction;
  readonly bytesPerSecond: number;
  readonly lastsMs?: number | null;
}

export const throttle: FaultKind<Throttle> = {
  check: (fields) => ({
    link: fields.direction("link"),
    bytesPerSecond: fields.number("bytesPerSecond", 1),
    lastsMs: fields.lastsMs(),
  }),
  describe: ({ link, bytesPerSecond }) => `throttle ${link.join(" > ")} to ${bytesPerSecond} bytes/s`,
  inert: "nothing was sent meanwhile",
  begin: ({ link, bytesPerSecond }, controls) => controls.throttle(link, bytesPerSecond),
};

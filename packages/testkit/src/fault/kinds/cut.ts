import type { FaultKind } from "../kind.ts";

/** Connections that break: what is under way is lost, both ends see it, and they may connect again at once. */
export interface Cut {
  readonly between: readonly [string, string];
}

export const cut: FaultKind<Cut> = {
  check: (fields) => ({ between: fields.direction("between") }),
  describe: ({ between }) => `cut ${between.join(" | ")}`,
  inert: "no pipe was open",
  begin: ({ between: [a, b] }, controls) => controls.cut(a, b),
};

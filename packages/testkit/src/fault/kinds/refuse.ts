import type { FaultKind } from "../kind.ts";

/** A node that nobody can connect to. Connections that there are go on. */
export interface Refuse {
  readonly node: string;
  readonly lastsMs?: number | null;
}

export const refuse: FaultKind<Refuse> = {
  check: (fields) => ({ node: fields.node("node"), lastsMs: fields.lastsMs() }),
  describe: ({ node }) => `refuse connections to ${node}`,
  inert: "nobody tried to connect to it meanwhile",
  begin: ({ node }, controls) => controls.refuse(node),
};

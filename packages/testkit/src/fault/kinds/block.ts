import type { FaultKind } from "../kind.ts";

/** An event loop that is busy with one long computation: what is due waits, and what arrives as well. */
export interface Block {
  readonly node: string;
  /** What it comes to first when it is no longer busy (H19). Default: timers. */
  readonly first?: "timers" | "input";
  readonly lastsMs?: number | null;
}

export const block: FaultKind<Block> = {
  check: (fields) => ({
    node: fields.node("node"),
    ...(fields.has("first") ? { first: fields.oneOf("first", ["timers", "input"]) } : {}),
    lastsMs: fields.lastsMs(),
  }),
  describe: ({ node, first = "timers" }) => `block ${node}${first === "input" ? ", input first," : ""}`,
  inert: "it was down or stood still already, or nothing was due meanwhile",
  begin: ({ node, first = "timers" }, controls) => controls.block(node, first),
};

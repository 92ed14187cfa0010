import type { Scenario } from "@espalier/testkit";
import { sideBySide } from "../../simulation/scenarios/containers.ts";

type Hosting = typeof sideBySide extends Scenario<infer App> ? App : never;

/** Nodes of two containers that talk to each other, and nothing else: what concerns every pipe shows at once. */
export const atRest: Scenario<Hosting> = {
  ...sideBySide,
  name: "containers whose nodes stay",
  ops: [],
  sometimes: [],
  budget: { ...sideBySide.budget, virtualMs: 500, settleMs: 2_000 },
  module: import.meta.url,
};

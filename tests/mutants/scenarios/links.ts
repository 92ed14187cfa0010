import { faults } from "@espalier/testkit";
import * as links from "../../simulation/scenarios/links.ts";

/** Links and unlinks of the same pairs from both sides, over links so slow that they cross. */
export const crossing: typeof links.crossing = {
  ...links.crossing,
  name: "links that cross on slow ways",
  faults: faults.links({ latency: { floorMs: 400, meanMs: 20 }, countMax: 3 }),
  sometimes: [],
  budget: { ...links.crossing.budget, virtualMs: 2_000, settleMs: 20_000 },
  module: import.meta.url,
};
